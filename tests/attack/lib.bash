# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What the attacks share: a folder, mounts and process numbers of their own,
# our daemon upon a hypervisor that is a file (tools/fake_xen.c), and TAP.
# Judges nothing by itself.
#   ATTACK_BUILD (build/gcc)   where the programs are
set -u
export LC_ALL=C
self=$(realpath "$0")
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
build=$(realpath -m "${ATTACK_BUILD:-build/gcc}")
# shellcheck disable=SC2034 # for the attacks that read worker.bash
here=$PWD/tests/attack

# The locks of /run/xenvigil are this attack's own, and what it leaves running
# ends with it.
if [ "${ATTACK_INSIDE:-}" != yes ]; then
	if ! unshare -mpf --mount-proc true 2>/dev/null; then
		echo "ok - $(basename "$0") # SKIP no namespaces here (not root?)"
		exit 0
	fi
	ATTACK_INSIDE=yes exec unshare -mpf --mount-proc --kill-child "$self" "$@"
fi
mount -t tmpfs none /run || exit 1
work=$(mktemp -d) failed=0 daemon=
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
export FAKE_XEN=$work/xen FAKE_CHILD=$build/attack/fake_child
mkdir -p "$FAKE_XEN" "$work/etc/domains.d" "$work/etc/hooks.d"
mkfifo "$FAKE_XEN/tell"
exec 7<> "$FAKE_XEN/tell"
: > "$FAKE_XEN/list"
: > "$FAKE_XEN/orders"
: > "$FAKE_XEN/acts"
log=$work/log socket=/run/xenvigil/control state=$work/state

# report TEXT STATUS [FILE...]: what the files say is shown of a failure.
report()
{
	local text=$1 status=$2
	shift 2
	if [ "$status" -eq 0 ]; then
		echo "ok - $text"
		return 0
	fi
	echo "not ok - $text"
	failed=1
	[ $# -eq 0 ] || tail -n 30 -v "$@" 2>&1 | cat -v | cut -c 1-300 | sed 's/^/# /'
	return 1
}

# check TEXT COMMAND...
check()
{
	local text=$1
	shift
	"$@" > "$work/said" 2>&1
	report "$text" $? "$work/said" "$log"
}

# refuse TEXT COMMAND...: it has to fail.
refuse()
{
	local text=$1
	shift
	! "$@" > "$work/said" 2>&1
	report "$text" $? "$work/said" "$log"
}

# await TEXT COMMAND...: for at most 20 s.
await()
{
	local text=$1 end=$((SECONDS + 20))
	shift
	until "$@" > "$work/said" 2>&1; do
		if [ "$SECONDS" -ge "$end" ]; then
			report "$text" 1 "$work/said" "$log"
			return 1
		fi
		read -rt 0.05 <> <(:)
	done
	echo "ok - $text"
}

# with_xen COMMAND...: upon the hypervisor that is a file.
with_xen()
{
	LD_PRELOAD=$build/attack/fake_xen.so "$@"
}

answers()
{
	[ "$("$build/xenvigil" --socket "$socket" status --json | jq -r .pid)" = "$daemon" ]
}

ask()
{
	timeout 10 "$build/xenvigil" --socket "$socket" "$@"
}

# daemon_start [CONF-LINE...]; with $preload before it, too.
daemon_start()
{
	printf '%s\n' "state_directory = \"$state\"" "core_directory = \"$state/cores\"" \
		'log_target = "stderr"' 'log_level = "debug"' "backoff_min_seconds = 1" "$@" \
		> "$work/etc/xenvigil.conf"
	# shellcheck disable=SC2093
	LD_PRELOAD="$build/attack/fake_xen.so ${preload:-}" "$build/xenvigild" -c "$work/etc" >> "$log" 2>&1 &
	daemon=$!
	await "the daemon answers" answers || exit 1
}

# It is the one that was started, and it still answers.
daemon_lives()
{
	kill -0 "$daemon" && answers
}

daemon_stop()
{
	kill "$daemon"
	wait "$daemon"
	report "the daemon ended well" $? "$log"
}

# domain DOMID UUID FLAGS [CPU-TIME [FRAME]]: a new line of the list, or another one
# for that domid. FLAGS as XEN_DOMINF_*: 20 running, 30004 crashed.
domain()
{
	(
		flock 8
		{
			grep -v "^$1 " "$FAKE_XEN/list"
			echo "$1 $2 $3 ${4:-1} ${5:-$1}"
		} | sort -n > "$FAKE_XEN/list.new"
		mv "$FAKE_XEN/list.new" "$FAKE_XEN/list"
	) 8> "$FAKE_XEN/lock"
}

# tell LINE...: to the watcher (tools/fake_child.c).
tell()
{
	printf '%s\n' "$*" >&7
}

# guest DOMID UUID NAME ACTION [FLAGS]: a running domain, and its configuration
# told. FLAGS as domain's: 22 is an HVM guest, what is given else a PV one.
guest()
{
	domain "$1" "$2" "${5:-20}"
	printf '%s' "$3" > "$FAKE_XEN/name-$1"
	tell "config $1 $4"
	await "domain $1 is known" knows "$1"
}

knows()
{
	ask status --json |
		jq -e ".domains[] | select(.domid == $1 and (.type | IN(\"pv\", \"hvm\")))"
}

# crash DOMID UUID [FRAME]: the list says so, and a hint.
crash()
{
	domain "$1" "$2" 30004 5 "${3:-$1}"
	tell "hint 1 $1 3"
}

# How often a step was ordered.
ordered()
{
	grep -c "^$1 " "$FAKE_XEN/orders"
}

uuid_of()
{
	printf '%08x-0000-4000-8000-%012x' "$1" "$1"
}

attack_done()
{
	exit "$failed"
}
