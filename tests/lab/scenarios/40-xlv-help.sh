# shellcheck shell=dash disable=SC1091,SC2154
# SPDX-License-Identifier: GPL-2.0-only
# about: every subcommand of xl with --help through xlv: the same output and exit status
# when: long
# image: small
# deadline: 400
. /lab/dom0/alike.sh

xl help > "$dir/help"
sed -n '5,$s/^ \([a-z][a-z0-9-]*\)  .*/\1/p' "$dir/help" > "$dir/commands"
count=0
alike=0
while read -r command; do
	count=$((count + 1))
	one xl "$command" --help &
	one xlv "$command" --help
	wait $!
	if same; then
		alike=$((alike + 1))
	else
		not_ok "xlv $command --help is xl's"
		differ
	fi
done < "$dir/commands"
check "xl has $count subcommands, at least 60" test "$count" -ge 60
check "--help of $alike of them is the same" test "$alike" -eq "$count"
