# shellcheck shell=dash disable=SC1091,SC2154
# SPDX-License-Identifier: GPL-2.0-only
# about: every subcommand of xl with --help through xlv and a link xl to it: the same output and exit status
# when: long
# image: small
# deadline: 600
. /lab/dom0/alike.sh

# told_alike WHAT: counts, and tells what differs.
told_alike()
{
	if same; then
		alike=$((alike + 1))
	else
		not_ok "$1 --help is xl's"
		differ
	fi
}

mkdir "$dir/bin"
ln -s /usr/bin/xlv "$dir/bin/xl"
alike_commands > "$dir/commands"
count=0
alike=0
while read -r command; do
	count=$((count + 1))
	one xl "$command" --help &
	one xlv "$command" --help
	wait $!
	told_alike "xlv $command"
	one_linked "$command" --help
	told_alike "xl $command by a link to xlv"
done < "$dir/commands"
check "xl has $count subcommands, at least 60" test "$count" -ge 60
check "--help of $alike of them is the same, by xlv and by a link" test "$alike" -eq $((2 * count))
