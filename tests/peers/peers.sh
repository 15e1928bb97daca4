# shellcheck shell=sh disable=SC2154 # tmp is tap.sh's
# Servers that the tests of sending talk to: source it after tap.sh. Everything lies in $tmp and listens on free ports
# of the loopback; what is started ends with the test.

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

# peer_drop: starts nginx as a write-only drop, for http on $http_port and https on $https_port of 127.0.0.1 and ::1 with the
# certificate $tmp/drop.pem; reports arrive in $drop, and $tmp/access.log has a line for each request
peer_drop() {
	http_port=$(free_port)
	https_port=$(free_port)
	drop=$tmp/drop
	mkdir -p "$drop" "$tmp/nginx"
	cat >"$tmp/nginx.conf" <<-END
		daemon off;
		master_process off;
		pid "$tmp/nginx/pid";
		error_log "$tmp/nginx/error.log";
		events {}
		http {
			access_log "$tmp/access.log";
			client_body_temp_path "$tmp/nginx/body";
			proxy_temp_path "$tmp/nginx/proxy";
			fastcgi_temp_path "$tmp/nginx/fastcgi";
			uwsgi_temp_path "$tmp/nginx/uwsgi";
			scgi_temp_path "$tmp/nginx/scgi";
			client_max_body_size 64k;
			server {
				listen 127.0.0.1:$http_port;
				listen [::1]:$http_port;
				listen 127.0.0.1:$https_port ssl;
				listen 127.0.0.2:$https_port ssl; # a name that the certificate lacks
				listen [::1]:$https_port ssl;
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
