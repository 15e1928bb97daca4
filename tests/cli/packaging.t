#!/bin/sh
# What is cheap to hold of scripts/packaging; `make check-packages` installs the packages themselves.
# shellcheck source=tests/tap.sh
. "$(dirname -- "$0")/../tap.sh"
cd "$root" || exit
packaging=$root/scripts/packaging
version=$(sed -n 's/^VERSION = //p' Makefile)
unset SOURCE_DATE_EPOCH MAKEFLAGS MFLAGS MAKELEVEL
sum() { sha256sum <"$1"; }

for kind in deb rpm; do
	refuses "make-$kind: a path with a blank" 64 'a path with a blank' "$packaging/make-$kind" 1 "$tmp/a blank" 'm <m@m.invalid>'
done

# The tarball ------------------------------------------------------------------------------------------------

# A repository of its own, so that nothing here depends on what is committed in this one.
tarball() {
	git init -q "$tmp/tree"
	tar -c Makefile README.md cmd lib man cron scripts/packaging scripts/receiver | tar -x -C "$tmp/tree"
	cd "$tmp/tree" || exit
	git add . && git -c user.name=t -c user.email=t@localhost -c commit.gpgsign=false commit -qm tree
	name=sav-$version.tar.gz

	run "$packaging/dist" "$version" "$tmp/one"
	is 'a tarball is made' "$status $err" '0 '
	touch lib/base/*.c
	(umask 077 && TZ=Asia/Tokyo "$packaging/dist" "$version" "$tmp/two") >/dev/null
	is 'twice the same bytes' "$(sum "$tmp/two/dist/$name")" "$(sum "$tmp/one/dist/$name")"
	mkdir "$tmp/folder of a packager"
	tar -x -C "$tmp/folder of a packager" -f "$tmp/one/dist/$name"
	cd "$tmp/folder of a packager/sav-$version" || exit
	"$packaging/dist" "$version" build >/dev/null
	is 'and the same from the tarball' "$(sum "build/dist/$name")" "$(sum "$tmp/one/dist/$name")"
	refuses 'another version than the Makefile has is refused' 65 "its VERSION is not 9\.9" "$packaging/dist" 9.9 "$tmp/nine"
	ok 'and leaves nothing' [ ! -e "$tmp/nine" ]
	cd "$tmp/tree" || exit
	echo >>README.md
	run "$packaging/dist" "$version" "$tmp/changed"
	like 'what is not committed is said to be missing' "$err" 'not committed'
	is 'and is missing' "$(sum "$tmp/changed/dist/$name")" "$(sum "$tmp/one/dist/$name")"
}

# The binaries: one tool, linked with no more of lib/ than it needs; make check-packages compares all ---------

keygen() { # FOLDER ARGUMENT...: the sum of sav-keygen built there
	there=$1
	shift
	# shellcheck disable=SC2016 # make's own
	(cd "$there" && make -s SOURCES='$(wildcard lib/base/*.c) lib/format/seal.c' "$@" build/bin/sav-keygen) >"$tmp/make.log" 2>&1 ||
		cat "$tmp/make.log" >&2
	sum "$there/build/bin/sav-keygen"
	rm -rf "$there/build"
}

binaries() {
	there="$tmp/folder of a packager/sav-$version"
	one=$(keygen "$tmp/tree")
	is 'two folders give the same binary' "$(keygen "$there")" "$one"
	ok '... which is not so by itself' [ "$(keygen "$there" ANYWHERE=)" != "$one" ]
}

case $bin in
*/asan/bin) skip 'tarball and binaries are the same everywhere' 'asked once, with the first build' ;;
*)
	tarball
	binaries
	;;
esac

# Who gets what ----------------------------------------------------------------------------------------------

cd "$root" || exit
install_all() {
	rm -rf "$tmp/root" "$tmp/lists"
	scripts/install "${bin%/bin}" "$tmp/root" /opt/sophos-av /etc/cron.d /lib/systemd/system /usr/share \
		/usr/share/zsh/vendor-completions >/dev/null
}
# shellcheck disable=SC2317 # run and refuses call it
arrange() { "$packaging/arrange" "$tmp/root" /opt/sophos-av "$tmp/lists"; }
install_all
run arrange
is 'every file is in a package' "$status $err" '0 '
is 'and in one only' "$(cat "$tmp"/lists/*.files | grep -v '/$' | sort | uniq -d)" ''
is 'none is forgotten' "$(cat "$tmp"/lists/*.files | grep -v '/$' | sort)" \
	"$(cd "$tmp/root" && find . ! -type d -printf '%P\n' | sort)"
like 'an endpoint can collect' "$(cat "$tmp/lists/sav-feedback.files")" '^opt/sophos-av/bin/sav-collect$'
is 'but has nothing that opens reports' "$(grep -e decrypt -e keygen -e sav-report "$tmp/lists/sav-feedback.files")" ''
install_all
: >"$tmp/root/opt/sophos-av/bin/stray"
refuses 'a file that no package has is refused' 1 'bin/stray: in no package' arrange
names() { grep -v '^#' "$packaging/contents" | cut -d' ' -f1 | sort | tr '\n' ' '; }
is 'Debian has these packages' "$(sed -n 's/^Package: //p' "$packaging/deb/control" | sort | tr '\n' ' ')" "$(names)"
is 'RPM too' "$(sed -n 's/^%files -n //p; s/^%files /sav-/p' "$packaging/rpm/sav.spec" | cut -d' ' -f1 | sort | tr '\n' ' ')" "$(names)"

# Whatever lib/conf/home.h puts into etc/ goes with a purge.
sed -n 's,^#define HOME_.* "etc/\([^"]*\)".*,\1,p' lib/conf/home.h >"$tmp/etc"
ok 'the header names files' [ -s "$tmp/etc" ]
while read -r file; do
	ok "a purge removes etc/$file" grep -qw -- "${file#.}" "$packaging/deb/sav-feedback.postrm"
done <"$tmp/etc"

# What changed -----------------------------------------------------------------------------------------------

run "$packaging/changelog" deb "$version" 'A Packager <a@example.com>'
like 'a Debian changelog' "$out" "^sav \($version-1\) unstable; urgency=medium"
like 'by the packager' "$out" '^ -- A Packager <a@example.com>  [A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} 00:00:00 \+0000$'
run "$packaging/changelog" rpm "$version" 'A Packager <a@example.com>'
like "an RPM's" "$out" "^\* [A-Z][a-z]{2} [A-Z][a-z]{2} [0-9]{2} [0-9]{4} A Packager <a@example.com> - $version-1\$"
refuses 'a version without an entry is refused' 65 'not of 9\.9' "$packaging/changelog" deb 9.9 x
tap_done
