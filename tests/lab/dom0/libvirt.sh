# shellcheck shell=dash disable=SC2154,SC2046
# SPDX-License-Identifier: GPL-2.0-only
# Owns libvirt's daemon and the guests it starts and supervises. It must not judge:
# whether a guest runs again is the hypervisor's word, as everywhere.

libvirt_log=$LAB_SCENARIO_DIR/libvirtd.log

# Its processes, by the name of a peer as measured.
libvirt()
{
	pids_of '(^|/)libvirtd$'
}

virsh_quietly()
{
	virsh -q -c xen:///system "$@" >> "$dir/virsh.log" 2>&1
}

libvirt_answers()
{
	timeout 10 virsh -q -c xen:///system list > "$dir/virsh.list" 2>> "$dir/virsh.log"
}

# Its defaults, but for who may connect (there is no polkit) and the host's uuid
# (there is no dmidecode). It asks for its user's name. It does not start on a
# processor that it knows no model for, and all have VME, which the emulated one lacks.
libvirt_configure()
{
	mkdir -p /etc/libvirt
	[ -e /etc/passwd ] || echo 'root:x:0:0:root:/root:/bin/sh' > /etc/passwd
	[ -e /etc/group ] || echo 'root:x:0:' > /etc/group
	printf '%s\n' 'auth_unix_ro = "none"' 'auth_unix_rw = "none"' \
		'host_uuid = "3a4c3a56-0d1c-4b0e-9f53-6f1f0e2a7c11"' > /etc/libvirt/libvirtd.conf
	sed -i '/vme/d' /usr/share/libvirt/cpu_map/x86_486.xml
}

# Returns when it answers.
libvirt_start()
{
	libvirt_configure
	setsid libvirtd >> "$libvirt_log" 2>&1 < /dev/null &
	libvirt_pid=$!
	if ! await 60 'libvirtd to answer on its socket' libvirt_answers; then
		note_file "$libvirt_log"
		note_file "$dir/virsh.log"
		fail 'libvirtd answers within 60 s of its start'
	fi
}

libvirt_is_gone()
{
	[ -z "$(libvirt)" ]
}

# libvirt_end SIGNAL: all its processes have to go; its guests stay.
libvirt_end()
{
	kill "-$1" "$libvirt_pid"
	await 30 "libvirtd to end after SIG$1" libvirt_is_gone || not_ok "libvirtd ends after SIG$1"
	wait "$libvirt_pid" 2> /dev/null
}

# libvirt_guest NAME ARGS MEMORY ON_CRASH: a small PV guest, defined and started.
libvirt_guest()
{
	local name=$1 uuid
	uuid=$(new_uuid)
	echo "$uuid" > "$dir/$name.uuid"
	cat > "$dir/$name.xml" <<-END
		<domain type='xen'>
		  <name>$name</name>
		  <uuid>$uuid</uuid>
		  <memory unit='MiB'>$3</memory>
		  <vcpu>1</vcpu>
		  <os>
		    <type arch='x86_64' machine='xenpv'>linux</type>
		    <kernel>/lab/guest/tiny</kernel>
		    <cmdline>$2</cmdline>
		  </os>
		  <on_crash>$4</on_crash>
		  <devices><console type='pty'><target type='xen' port='0'/></console></devices>
		</domain>
	END
	virsh_quietly "define $dir/$name.xml; start $name" && return 0
	note_file "$dir/virsh.log"
	note_file "$libvirt_log"
	not_ok "virsh starts $name"
	return 1
}

# libvirt_destroy NAME...: and libvirt forgets them.
libvirt_destroy()
{
	local name
	for name in "$@"; do
		virsh_quietly "destroy $name; undefine $name" || not_ok "virsh destroy $name"
	done
}
