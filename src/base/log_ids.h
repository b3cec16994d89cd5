/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The events that the journal's catalog explains (init/xenvigil.catalog), and
 * the number by which it knows each.  A number is never changed or reused.
 */
#ifndef BASE_LOG_IDS_H
#define BASE_LOG_IDS_H

#define LOG_IDS(X)                                                      \
	X("incident-opened", "caa42d7d732648d19b3b781517b14f52")        \
	X("incident-held", "65af006db7e24eac85ca98072d37acea")          \
	X("step-failed", "e2acd30138fe413f8265971a9c86340c")            \
	X("crash-missed", "9064ed6b675c448ba00d188f153edbb5")           \
	X("action-unsupported", "6d4caac9f7fd4b76942b0bf46b6cde71")     \
	X("worker-lost", "48ca7602fa3e4c9da391e41662f680a1")            \
	X("watcher-lost", "77626ebeb1a14820b399c1a7a9908f47")           \
	X("xenstore-silent", "83375a26c6be4da9957110e1d3ffb250")        \
	X("host-hung", "bc412b0185fa4d9ab29d9dfea0f1d53a")              \
	X("host-back", "c7aba67795fc47d9a74997d801854b4c")              \
	X("event-channels", "f9395de61fcd4c99a1d855d390bdea70")         \
	X("child-left", "f1c8a4a1d2d04573a89b017ca7490bcb")             \
	X("retreat-begun", "a1a4654695a94679bdaf85770ba0c0d2")          \
	X("retreat-left", "e5e46d6e564b43a090617e61731aed2c")           \
	X("retreat-command", "d4a7f8623f854d04881fb782284780d3")        \
	X("retreat-over", "61a854e609c94986a2911e3c5e3b517e")           \
	X("disk-full", "3a55be7a2acf4f778c449cbd9037ba95")              \
	X("record-not-written", "d33e35b3050c47d2bd4f38ff6ff06cc0")     \
	X("records-temporary", "813c934f551148579674fea153394ac6")      \
	X("records-back", "09b328f3d937417eb62661faebd63c2c")           \
	X("store-replaced", "d00aa2f2a18e4a579501b762a57f0bc3")         \
	X("configuration-kept", "de36997a77514a2ba70bdc8d8a6d28e7")     \
	X("spawn-failed", "a62fb41c250b4963b6290ec775839fcb")           \
	X("device-model-ended", "0b26845f4def45858020253609a46b79")           \
	X("unit-not-started", "248cff8de2d64aadb5c3091bd3a01b18")

#endif
