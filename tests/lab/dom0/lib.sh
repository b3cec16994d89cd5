# shellcheck shell=dash disable=SC1091,SC2154
# SPDX-License-Identifier: GPL-2.0-only
# What a scenario is written with: TAP, waiting, guests, the daemon, and the
# judges. Judging is by the hypervisor's list (domlist, domwatch) alone; the
# daemon's own word counts only where a scenario is about that word.
. /lab/dom0/host.sh
. /lab/dom0/judge.sh
. /lab/dom0/daemon.sh
[ -z "${LAB_UNITS:-}" ] || . /lab/dom0/units.sh

dir=$LAB_SCENARIO_DIR
failures=0
reports=0

# rounds SHORT LONG: what a scenario goes through, all of it with LONG=1 only.
rounds()
{
	if [ "$LAB_LENGTH" = long ]; then echo "$2"; else echo "$1"; fi
}

# --- TAP -------------------------------------------------------------------

say()
{
	printf '%s\n' "$*" >> "$dir/tap"
	printf '%s\n' "$*" > "$LAB_REPORT"
}

ok()
{
	reports=$((reports + 1))
	say "ok - $*"
}

not_ok()
{
	reports=$((reports + 1))
	failures=$((failures + 1))
	say "not ok - $*"
}

note()
{
	say "# $*"
}

note_file()
{
	[ ! -s "$1" ] || tail -n "${2:-15}" "$1" | while read -r line; do say "# ${1##*/}: $line"; done
}

# fail TEXT: this and the rest of the scenario.
fail()
{
	not_ok "$*"
	finish
}

# check TEXT COMMAND...: one TAP line by the command's status.
check()
{
	local text=$1
	shift
	if "$@"; then ok "$text"; else not_ok "$text"; fi
}

finish()
{
	trap - EXIT
	[ "$reports" -gt 0 ] || not_ok "the scenario judged nothing"
	[ "$failures" -eq 0 ]
	exit
}

# A script that breaks off has not passed.
trap 'not_ok "the scenario script broke off"; finish' EXIT

# --- Waiting ---------------------------------------------------------------

# await SECONDS DESCRIPTION COMMAND...: until the command succeeds; it is tried
# again after every change of the hypervisor's list and twice a second.
# The description is what the hard deadline names when this never returns.
await()
{
	local end what=$2 begin
	begin=$(uptime_ms)
	end=$((begin + $1 * 1000))
	shift 2
	printf '%s\n' "$what" > "$dir/waiting"
	while ! "$@"; do
		if [ "$(uptime_ms)" -ge "$end" ]; then
			note "waited $(($(uptime_ms) - begin)) ms in vain for: $what"
			domlist | while read -r line; do note "domlist: $line"; done
			: > "$dir/waiting"
			return 1
		fi
		domwait 500
	done
	: > "$dir/waiting"
	waited_ms=$(($(uptime_ms) - begin))
}

# expect SECONDS TEXT COMMAND...: await, then one TAP line with the time it took.
expect()
{
	local text=$2
	if await "$@"; then ok "$text ($waited_ms ms)"; else not_ok "$text"; fi
}

# expect_all SECONDS TEXT COMMAND NAME...: the same for several guests at once;
# TEXT is followed by each one's name.
expect_all()
{
	local seconds=$1 text=$2 command=$3 name end
	shift 3
	end=$(($(uptime_ms) + seconds * 1000))
	for name in "$@"; do
		seconds=$(((end - $(uptime_ms)) / 1000))
		[ "$seconds" -gt 0 ] || seconds=0
		expect "$seconds" "$name $text" "$command" "$name"
	done
}

# --- Guests ----------------------------------------------------------------

new_uuid()
{
	cat /proc/sys/kernel/random/uuid
}

# Every function below takes a guest's name or a uuid.
uuid_of()
{
	if [ -e "$dir/$1.uuid" ]; then read -r line < "$dir/$1.uuid"; echo "$line"; else echo "$1"; fi
}

# guest_kernel_lines KERNEL TYPE: only a PV or PVH builder takes the ELF file, which
# is another Debian's when the scenario sets guest_vmlinux.
guest_kernel_lines()
{
	local image=${guest_vmlinux:-/lab/guest/vmlinux}
	[ "$2" != hvm ] || image=/lab/guest/vmlinuz
	case $1 in
	tiny) printf 'kernel = "/lab/guest/tiny"\n' ;;
	linux)
		printf 'kernel = "%s"\nramdisk = "%s"\ntsc_mode = "native"\n' "$image" "${initrd:-/lab/guest/initrd}"
		# With a TSC the kernel looks for a PIT to measure it by: a PVH
		# guest has none and reads its port a hundred thousand times.
		[ "$2" != pvh ] || printf 'cpuid = "host,tsc=0"\n'
		;;
	*) printf 'kernel = "%s"\n' "$1" ;;
	esac
}

# What makes Debian's kernel start sooner under emulation; the panic is as real.
guest_args()
{
	case $1:$2 in
	tiny:*) echo "$3" ;;
	linux:hvm) echo "console=ttyS0 quiet nomodeset panic=0 sysrq_always_enabled xen_legacy_crash cryptomgr.notests rodata=off mitigations=off $3" ;;
	linux:*) echo "console=hvc0 quiet panic=0 sysrq_always_enabled xen_legacy_crash pci=off lpj=10000000 cryptomgr.notests rodata=off mitigations=off $3" ;;
	*) echo "$3" ;;
	esac
}

guest_config_line()
{
	case $2 in
	\[*) echo "$1 = $2" ;;
	*[!0-9]*|'') echo "$1 = \"$2\"" ;;
	*) echo "$1 = $2" ;;
	esac
}

# guest_config NAME KEY=VALUE...: writes NAME.cfg and prints its path. Keys of our
# own: kernel=tiny|linux, initrd=, args=; any other key goes into the file as it is, quoted
# unless it is a number or a list.
guest_config()
{
	local name=$1 type=pv kernel=tiny args='' memory='' initrd='' uuid pair value
	shift
	uuid=$(new_uuid)
	: > "$dir/$name.extra"
	for pair in "$@"; do
		value=${pair#*=}
		case $pair in
		type=*) type=$value ;;
		kernel=*) kernel=$value ;;
		args=*) args=$value ;;
		memory=*) memory=$value ;;
		uuid=*) uuid=$value ;;
		initrd=*) initrd=$value ;;
		*) guest_config_line "${pair%%=*}" "$value" >> "$dir/$name.extra" ;;
		esac
	done
	[ -n "$memory" ] || { [ "$kernel" = tiny ] && memory=8 || memory=128; }
	echo "$uuid" > "$dir/$name.uuid"
	{
		printf 'name = "%s"\ntype = "%s"\nuuid = "%s"\n' "$name" "$type" "$uuid"
		printf 'memory = %s\nvcpus = 1\n' "$memory"
		guest_kernel_lines "$kernel" "$type"
		printf 'cmdline = "%s"\n' "$(guest_args "$kernel" "$type" "$args")"
		[ "$type" != hvm ] || printf 'vnc = 0\nvga = "none"\nserial = "file:%s"\n' "$dir/$name.serial"
		cat "$dir/$name.extra"
	} > "$dir/$name.cfg"
	rm "$dir/$name.extra"
	echo "$dir/$name.cfg"
}

# guest NAME KEY=VALUE...: creates it without a monitor of xl's. A toolstack that
# fails is named and fails the scenario: nothing is tried twice.
guest()
{
	guest_create --quit "$@"
}

# guest_monitored NAME KEY=VALUE...: with xl's own monitor process.
guest_monitored()
{
	guest_create --monitor "$@"
}

guest_create()
{
	local option=$1 name=$2 status
	shift
	guest_config "$@" > /dev/null
	case $option in
	--quit) xl -v create -e "$dir/$name.cfg" > "$dir/$name.create" 2>&1 ;;
	--monitor) xl -v create "$dir/$name.cfg" > "$dir/$name.create" 2>&1 ;;
	esac
	status=$?
	if [ "$status" -ne 0 ]; then
		not_ok "xl create $name (xl ended with status $status)"
		note_file "$dir/$name.create"
	fi
	return "$status"
}

# guest_panic NAME: a Linux guest's real panic, asked for through its sysrq.
guest_panic()
{
	xl sysrq "$(domid_of "$1")" c
}

# guest_go NAME: lets a tiny guest go on that waits (args="crash=wait").
guest_go()
{
	printf x > "$(guest_tty "$1")"
}

guest_tty()
{
	xenstore-read "/local/domain/$(domid_of "$1")/console/tty"
}

# guest_console_has NAME TEXT: what xenconsoled logged of it, in all its lives.
guest_console_has()
{
	grep -q -e "$2" "/var/log/xen/console/guest-$1.log" "$dir/$1.serial" 2>/dev/null
}
