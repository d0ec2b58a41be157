#!/bin/sh
# SPDX-License-Identifier: MIT
# The zip carries this as aadssh-handler.sh. The agent runs it for every command; it starts the
# handler that was built for this VM's processor, or says in one line why that cannot be done.
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export PATH

case $0 in
*/*) here=${0%/*} ;;
*) here=. ;;
esac

cpu=$(uname -m)
case $cpu in
arm64) cpu=aarch64 ;;
amd64) cpu=x86_64 ;;
esac
program=$here/bin/aadssh-handler-$cpu

if ! [ -e "$program" ]; then
    carried=
    for other in "$here"/bin/aadssh-handler-*; do
        carried="$carried ${other##*/aadssh-handler-}"
    done
    echo "AADSSH-51 start: this VM's CPU is $cpu; this package carries the handler for$carried only." \
        "Fix: deploy a version of the extension built for $cpu, or use a VM size with another CPU." >&2
    exit 51
fi

# The agent makes all files executable, since zips lose that; people who unpack by hand do not.
[ -x "$program" ] || chmod u+x "$program" 2>/dev/null
if [ "$(id -u)" != 0 ] && ! [ -x "$program" ]; then
    echo "AADSSH-1 start: $program may not be executed by this user." \
        "Fix: run it as root, or make it readable and executable for others (chmod a+rx)." >&2
    exit 1
fi

# A shell cannot go on after an exec that failed, and would run a truncated file as a script, so the
# program first has to show that it starts.
if ! words=$("$program" version 2>&1) || [ -z "$words" ]; then
    words=${words%%"
"*}
    echo "AADSSH-1 start: $program does not start on this VM (${words:-no output})." \
        "Its filesystem may be mounted noexec, or the file may be damaged." \
        "Fix: mount it with exec, or remove the extension and add it again." >&2
    exit 1
fi
exec "$program" "$@"
