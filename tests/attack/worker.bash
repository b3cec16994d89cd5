# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# A real worker of ours, given orders by hand upon a toolstack that only writes
# down what it is told. Judges nothing by itself.

cores=/run/cores
mkdir -m 700 "$cores"

# orders ARGUMENT...: see tools/orders.c; the worker is a real one.
orders()
{
	timeout -k 1 "${ORDER_LIMIT_S:-60}" env -u FAKE_CHILD WORKER="$build/xenvigild" \
		LD_PRELOAD="$build/attack/fake_xen.so" "$build/attack/orders" "$@" 2>> "$log"
}
