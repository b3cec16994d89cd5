# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What the lint tests share: the list of our files, and one TAP line for each
# rule with every offence below it. Holds no rule.
set -u
export LC_ALL=C
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1

lint_count=0 lint_failed=0

# Our files, new ones included, whose path matches the extended expression $1.
# A tarball has no git.
lint_files()
{
	{
		git ls-files -co --exclude-standard 2>/dev/null ||
			find . -path ./build -prune -o -type f -printf '%P\n'
	} | sort -u | grep -E "$1" | while read -r file; do
		[ -f "$file" ] && printf '%s\n' "$file"
	done
}

# The scripts among our files, by their first line.
lint_scripts()
{
	lint_files . | while read -r file; do
		if head -n 1 "$file" | grep -aqE '^#!.*\b(ba)?sh\b|^# shellcheck shell=' ||
			[[ $file == *.bash ]]; then
			printf '%s\n' "$file"
		fi
	done
}

# lint_rule TEXT OFFENCES: one line for each offence; none is a pass.
lint_rule()
{
	lint_count=$((lint_count + 1))
	if [ -z "$2" ]; then
		echo "ok $lint_count - $1"
	else
		lint_failed=$((lint_failed + 1))
		echo "not ok $lint_count - $1"
		printf '%s\n' "$2" | sed 's/^/# /'
	fi
}

lint_skip()
{
	lint_count=$((lint_count + 1))
	echo "ok $lint_count - $1 # SKIP $2"
}

lint_done()
{
	echo "1..$lint_count"
	exit $((lint_failed > 0))
}
