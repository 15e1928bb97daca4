# shellcheck shell=sh disable=SC2154,SC2034 # tmp is tap.sh's, and what is set here is the tests'
# Servers that the tests of sending talk to: source it after tap.sh. Everything lies in $tmp and listens on free ports
# of the loopback; what is started ends with the test.

# sender: makes an installation to send from, $SAV_HOME, and the file `report` to be sent
sender() {
	SAV_HOME=$tmp/home
	export SAV_HOME
	mkdir -p "$SAV_HOME/etc" "$SAV_HOME/var/feedback"
	head -c 1648 /dev/urandom >report
}
configure() { printf '%s\n' "$@" >"$SAV_HOME/etc/savd.yaml"; } # LINE...
route() { cat "$SAV_HOME/var/feedback/route"; }               # the one it remembers

# peer_ca NAME: makes a throw-away certificate authority, $tmp/NAME.pem
peer_ca() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$1" \
		-addext keyUsage=critical,keyCertSign,cRLSign -keyout "$tmp/$1.key" -out "$tmp/$1.pem" 2>/dev/null
}

# peer_certificate CA NAME SUBJECT-ALTERNATIVE-NAMES: makes $tmp/NAME.pem and $tmp/NAME.key, signed by CA
peer_certificate() {
	printf 'subjectAltName=%s\n' "$3" >"$tmp/$2.ext"
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$2" \
		-keyout "$tmp/$2.key" -out "$tmp/$2.csr" 2>/dev/null &&
		openssl x509 -req -days 2 -in "$tmp/$2.csr" -CA "$tmp/$1.pem" -CAkey "$tmp/$1.key" -CAcreateserial \
			-extfile "$tmp/$2.ext" -out "$tmp/$2.pem" 2>/dev/null
}

# listens PORT: whether something listens there
listens() { ss -Hltn "sport = :$1" | grep -q .; }

# peer_nginx: prints how a configuration of nginx begins, up to the servers of http: all that it writes lies in $tmp/nginx
peer_nginx() {
	mkdir -p "$tmp/nginx"
	cat <<-END
		daemon off;
		master_process off;
		pid "$tmp/nginx/pid";
		error_log "$tmp/nginx/error.log";
		events {}
		http {
			client_body_temp_path "$tmp/nginx/body";
			proxy_temp_path "$tmp/nginx/proxy";
			fastcgi_temp_path "$tmp/nginx/fastcgi";
			uwsgi_temp_path "$tmp/nginx/uwsgi";
			scgi_temp_path "$tmp/nginx/scgi";
	END
}

peer_address=127.0.0.1 # where proxies listen

# peer_drop [ADDRESS...]: starts nginx as a write-only drop, for http on $http_port and https on $https_port of 127.0.0.1, ::1 and
# the addresses given, with the certificate $tmp/drop.pem; reports arrive in $drop, and $tmp/access.log has a line for each request
peer_drop() {
	http_port=$(free_port)
	https_port=$(free_port)
	drop=$tmp/drop
	mkdir -p "$drop"
	cat >"$tmp/nginx.conf" <<-END
		$(peer_nginx)
			access_log "$tmp/access.log";
			client_max_body_size 64k;
			server {
				listen 127.0.0.1:$http_port;
				listen [::1]:$http_port;
				listen 127.0.0.1:$https_port ssl;
				listen 127.0.0.2:$https_port ssl; # a name that the certificate lacks
				listen [::1]:$https_port ssl;
				$(for address; do echo "listen $address:$https_port ssl;"; done)
				ssl_certificate "$tmp/drop.pem";
				ssl_certificate_key "$tmp/drop.key";
				location / {
					root "$drop";
					limit_except PUT { deny all; }
					if (-f \$request_filename) { return 409; }
					dav_methods PUT;
					create_full_put_path on;
				}
				location /forbidden/ { return 403; }
				location /unknown/ { return 401; }
				location /portal/ { return 200 "<html>Please sign in</html>"; }
				location /empty/ { return 200; }
				location /moved/ { return 307 https://127.0.0.1:$https_port/elsewhere/; }
				location /broken/ { return 500; }
			}
		}
	END
	server nginx -c "$tmp/nginx.conf"
	wait_for listens "$https_port"
}

# peer_faulty NAME [PROXY-FAULT]: starts faulty.py with the folder $tmp/NAME; its port is in $port afterwards
peer_faulty() {
	mkdir -p "$tmp/$1"
	rm -f "$tmp/$1.port"
	server python3 "$root/tests/peers/faulty.py" "$tmp/$1.port" "$tmp/$1" ${2+"$2"}
	wait_for [ -e "$tmp/$1.port" ]
	port=$(cat "$tmp/$1.port")
}

# peer_tinyproxy NAME [USER PASSWORD]: starts tinyproxy; its port is in $proxy_port afterwards
peer_tinyproxy() {
	proxy_port=$(free_port)
	cat >"$tmp/$1.conf" <<-END
		Port $proxy_port
		Listen $peer_address
		Timeout 20
		MaxClients 20
		LogFile "$tmp/$1.log"
		LogLevel Connect
		${2+BasicAuth $2 $3}
	END
	server tinyproxy -d -c "$tmp/$1.conf"
	wait_for listens "$proxy_port"
}

# peer_squid NAME [basic|digest USER PASSWORD | tls CERTIFICATE | deny]: starts squid, which asks for credentials, speaks
# TLS, or refuses to connect; its port is in $proxy_port afterwards, and $tmp/NAME/access.log has a line for each request
peer_squid() {
	proxy_port=$(free_port)
	squid_folder=$tmp/$1
	mkdir -p "$squid_folder"
	{
		echo 'configuration_includes_quoted_values on'
		case ${2-} in
		tls) # no quotes are understood here, so the name must have no blanks
			cat "$tmp/$3.pem" "$tmp/$3.key" >"$squid_folder/pair.pem"
			echo "https_port 127.0.0.1:$proxy_port tls-cert=$1/pair.pem"
			;;
		*) echo "http_port 127.0.0.1:$proxy_port" ;;
		esac
		echo "pid_filename \"$squid_folder/pid\""
		echo "cache_log \"$squid_folder/cache.log\""
		echo "access_log \"stdio:$squid_folder/access.log\""
		echo "coredump_dir \"$squid_folder\""
		echo 'netdb_filename none'
		echo 'cache deny all'
		echo 'memory_pools off'
		echo 'shutdown_lifetime 0 seconds'
		echo 'visible_hostname proxy.test'
		case ${2-} in
		basic)
			printf '%s:%s\n' "$3" "$(openssl passwd -apr1 "$4")" >"$squid_folder/users"
			echo "auth_param basic program /usr/lib/squid/basic_ncsa_auth \"$squid_folder/users\""
			;;
		digest)
			printf '%s:realm:%s\n' "$3" "$(printf '%s:realm:%s' "$3" "$4" | md5sum | cut -d' ' -f1)" >"$squid_folder/users"
			echo "auth_param digest program /usr/lib/squid/digest_file_auth -c \"$squid_folder/users\""
			echo 'auth_param digest realm realm'
			;;
		esac
		case ${2-} in
		basic | digest)
			echo "auth_param $2 children 1 startup=1 idle=1"
			echo 'configuration_includes_quoted_values off'
			echo 'acl known proxy_auth REQUIRED'
			echo 'http_access deny !known'
			;;
		deny) echo "http_access deny CONNECT" ;;
		esac
		echo 'http_access allow all'
	} >"$squid_folder/squid.conf"
	if [ "$(id -u)" -eq 0 ]; then
		chmod o+x "$tmp"
		chown -R proxy "$squid_folder" # squid gives up being root
	fi
	server env -C "$tmp" squid -N -f "$squid_folder/squid.conf"
	wait_for listens "$proxy_port"
}

# peer_socks NAME [USER PASSWORD]: starts microsocks; its port is in $proxy_port afterwards
peer_socks() {
	proxy_port=$(free_port)
	server microsocks -i "$peer_address" -p "$proxy_port" ${2+-u "$2" -P "$3"}
	wait_for listens "$proxy_port"
}

# npm_peers MODULE...: installs what the programs of tests/peers/s3 need. Fails when npm is not there or cannot install it, or this
# Node.js does not run these modules (Debian 12's 18 does); what it installs stays in build/ for the next time.
npm_peers() {
	s3_modules=$root/build/peers/s3
	mkdir -p "$s3_modules"
	command -v node >/dev/null && command -v npm >/dev/null || return 1
	(
		flock 9
		cmp -s "$root/tests/peers/s3/package.json" "$s3_modules/installed.json" && exit
		cp "$root/tests/peers/s3/package.json" "$s3_modules/package.json"
		timeout 120 env HOME="$s3_modules" npm install --prefix "$s3_modules" --no-package-lock --ignore-scripts --no-audit --no-fund \
			--fetch-retries=1 --fetch-timeout=20000 >"$s3_modules/log" 2>&1 &&
			mv "$s3_modules/package.json" "$s3_modules/installed.json"
	) 9>"$s3_modules/lock" || return 1
	NODE_PATH=$s3_modules/node_modules node -e 'process.argv.slice(1).forEach((name) => require(name))' "$@" >>"$s3_modules/log" 2>&1
}

# peer_s3 KEY-ID SECRET BUCKET...: starts an S3-compatible server in region eu-test-1 with the folder $tmp/s3; its port is in $port
# afterwards. Its clock is S3_CLOCK_AHEAD_S seconds ahead. Fails as npm_peers does.
peer_s3() {
	npm_peers aws4 s3rver || return 1
	mkdir -p "$tmp/s3"
	rm -f "$tmp/s3.port"
	server env NODE_PATH="$s3_modules/node_modules" node "$root/tests/peers/s3/server.js" "$tmp/s3.port" "$tmp/s3" "$@"
	wait_for [ -e "$tmp/s3.port" ]
	port=$(cat "$tmp/s3.port")
}
