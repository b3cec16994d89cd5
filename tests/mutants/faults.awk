# SPDX-License-Identifier: GPL-2.0-only
# Lists the small faults that can be planted into C files of ours, one a line:
#   ID KIND FILE LINE FUNCTION ORDER CODE...        (tabs between them)
# ORDER is "line" (CODE stands for that line) or "swap" (that line and the next
# change places).  The ID comes from the file, the function, the kind and the
# code, so that it stays when other lines come and go.  It relies on the
# layout that the lint holds: functions begin and end in the first column.

BEGIN {
	FS = "\n"
	for (i = 1; i < 256; i++)
		code_of[sprintf("%c", i)] = i
}

function hash(text,    h, i)
{
	h = 5381
	for (i = 1; i <= length(text); i++)
		h = (h * 33 + code_of[substr(text, i, 1)]) % 4294967296
	return h % 268435456
}

# The same length, with nothing to be found in strings and characters.
function mask(text,    out, i, c, quote)
{
	out = ""
	quote = ""
	for (i = 1; i <= length(text); i++) {
		c = substr(text, i, 1)
		if (quote != "") {
			if (c == "\\") {
				out = out "_"
				i++
			} else if (c == quote) {
				quote = ""
			}
			out = out "_"
		} else if (c == "\"" || c == "'") {
			quote = c
			out = out "_"
		} else {
			out = out c
		}
	}
	return out
}

function is_balanced(text,    depth, i, c)
{
	depth = 0
	for (i = 1; i <= length(text); i++) {
		c = substr(text, i, 1)
		depth += (c == "(") - (c == ")")
		if (depth < 0)
			return 0
	}
	return depth == 0
}

function offer(kind, order, code,    key)
{
	key = FILENAME "\t" function_name "\t" kind "\t" line[n] "\t" code
	seen[key]++
	printf "%07x\t%s\t%s\t%d\t%s\t%s\t%s\n", hash(seen[key] "\t" key), kind,
	       FILENAME, n, function_name, order, code
}

# One occurrence of what is searched for gives way.
function offer_in_place(kind, at, size, replacement)
{
	offer(kind, "line", substr(line[n], 1, at - 1) replacement \
	      substr(line[n], at + size))
}

function offer_negated(plain,    head, rest, depth, i, c)
{
	if (!match(plain, /^\t+(\} else )?(if|while) \(/))
		return
	head = RLENGTH
	depth = 1
	for (i = head + 1; i <= length(plain) && depth; i++) {
		c = substr(plain, i, 1)
		depth += (c == "(") - (c == ")")
	}
	rest = substr(plain, i)
	if (depth || rest !~ /^( \{)?$/)
		return
	offer("negate", "line", substr(line[n], 1, head) "!(" \
	      substr(line[n], head + 1, i - head - 2) "))" substr(line[n], i))
}

function is_statement(plain)
{
	return plain ~ /^\t+[a-z].*;$/ && is_balanced(plain) &&
	       plain !~ /^\t+(return|break|continue|goto|case|default|static|const|struct|enum|char|int|bool|uint[0-9]+_t|int[0-9]+_t|size_t|ssize_t|unsigned|double|long|va_list|for|while|if|else|do|sqlite3[a-z_]*) ?[^(]*/ &&
	       previous ~ /[;{})]$|^$|\*\/$|:$|else$/
}

function offer_left_out(plain,    indent)
{
	if (!is_statement(plain))
		return
	if (plain !~ /^\t+[a-z_0-9]+\(/ && plain !~ /^\t+[a-z_0-9]+(->|\.)[][a-z_0-9.>-]+ [-+|&]?= / &&
	    plain !~ /(\+\+|--);$/)
		return
	match(line[n], /^\t+/)
	indent = substr(line[n], 1, RLENGTH)
	offer("leave-out", "line", indent ";")
}

# What a call is given first.
function first_argument(plain)
{
	if (plain !~ /^\t+[a-z_0-9]+\([a-z]/)
		return ""
	sub(/^\t+[a-z_0-9]+\(/, "", plain)
	sub(/[,)].*/, "", plain)
	return plain
}

# Two calls for one object, or a second line that reads what the first one
# writes: others may stand in any order.
function offer_swapped(plain, next_plain,    written)
{
	if (!is_statement(plain) || next_plain !~ /^\t+[a-z].*;$/ || !is_balanced(next_plain))
		return
	if (next_plain ~ /^\t+(return|break|continue|goto)/)
		return
	# The values of one statement may be bound in any order.
	if (plain ~ /^\t+store_bind_/ && next_plain ~ /^\t+store_bind_/)
		return
	match(plain, /^\t+/)
	written = RLENGTH
	match(next_plain, /^\t+/)
	if (written != RLENGTH)
		return
	if (first_argument(plain) != "" && first_argument(plain) == first_argument(next_plain))
		offer("swap", "swap", next_plain)
	if (!match(plain, /^\t+[a-z_0-9>.-]+ [-+|&]?= /))
		return
	written = plain
	sub(/^\t+/, "", written)
	sub(/ [-+|&]?= .*$/, "", written)
	if (index(next_plain, written) && index(plain, " = "))
		offer("swap", "swap", next_plain)
}

function offer_constant(plain,    at, size)
{
	# All elements of an array have one size.
	if (plain ~ /sizeof\([^)]*\[[0-9]+\]\)/)
		return
	if (match(plain, /[^a-z_](true|false)[^a-z_]/)) {
		at = RSTART + 1
		size = RLENGTH - 2
		offer_in_place("constant", at, size, substr(plain, at, size) == "true" ? "false" : "true")
	}
	if (match(plain, /^\t+return -[E1]/)) {
		offer("constant", "line", substr(line[n], 1, RLENGTH - 2) "0;")
	} else if (plain !~ /\[[0-9]+\];$/ && match(plain, /[^A-Za-z_0-9.][0-9]+[^A-Za-z_0-9.]/)) {
		at = RSTART + 1
		size = RLENGTH - 2
		offer_in_place("constant", at, size, substr(plain, at, size) + 1)
	}
}

function offer_operators(plain)
{
	if (match(plain, / (&&|\|\|)( |$)/))
		offer_in_place("operator", RSTART + 1, 2, substr(plain, RSTART + 1, 2) == "&&" ? "||" : "&&")
	if (match(plain, / (<|>|<=|>=|==|!=) /))
		offer_in_place("bound", RSTART, RLENGTH, other[substr(plain, RSTART, RLENGTH)])
}

function go_through_file(    plain)
{
	for (n = 1; n <= lines; n++) {
		if (line[n] == "}")
			inside = 0
		if (!inside && line[n] ~ /^[a-z].*\(/) {
			function_name = line[n]
			sub(/\(.*/, "", function_name)
			sub(/.*[ *]/, "", function_name)
		}
		previous = n > 1 ? line[n - 1] : ""
		plain = mask(line[n])
		sub(/[ \t]*\/\*.*/, "", plain)
		if (inside && line[n] !~ /^\t+(\/?\*|\/\/)/ && line[n] !~ /PLANTED|_Static_assert/) {
			offer_negated(plain)
			offer_left_out(plain)
			offer_swapped(plain, mask(line[n + 1]))
			offer_constant(plain)
			offer_operators(plain)
		}
		if (line[n] == "{")
			inside = 1
	}
}

BEGIN {
	other[" < "] = " <= "
	other[" <= "] = " < "
	other[" > "] = " >= "
	other[" >= "] = " > "
	other[" == "] = " != "
	other[" != "] = " == "
	for (f = 1; f < ARGC; f++) {
		FILENAME = ARGV[f]
		lines = 0
		inside = 0
		function_name = ""
		while ((getline text < ARGV[f]) > 0)
			line[++lines] = text
		line[lines + 1] = ""
		close(ARGV[f])
		go_through_file()
	}
	exit
}
