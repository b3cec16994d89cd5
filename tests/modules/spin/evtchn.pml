/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bind, unbind, release, event, read and write of two files over few ports,
 * in the order of modules/xen-evtchn; with -DOLD in the order of 3.10, with
 * -DEARLY_EOI a port is unmasked before it is armed; with -DTWO_READERS another
 * reads from the first file too.
 * Must fail for every planted order, or it proves nothing about ours.
 *
 * The invariants:
 *  1 a port is in one file's table only
 *  2 Xen closes a port once per allocation
 *  3 no handler runs after its port was freed
 *  4 no wake-up is lost: a reader sleeps only if nothing is pending
 *  5 a disarmed port is queued or awaits its write
 *  6 locks are released on every path
 *  7 every open port is in a table, or on its way in or out of one
 */
#define PORTS	2
#define FILES	2
#define NONE	255

/* Xen: allocated, an event waiting, let through to the handler or not. */
bool open[PORTS];
bool pending[PORTS];
bool masked[PORTS];
bool transit[PORTS];		/* between Xen and a table, either way */

/* The irq layer: the handler may run, and is running. */
bool hooked[PORTS];
bool running[PORTS];

/* A port's entry in a table. */
bool entered[PORTS];
byte owner[PORTS];
bool armed[PORTS];
bool queued[PORTS];
bool unread[PORTS];		/* read, and not written yet */

byte npending[FILES];
bool bind_mutex[FILES];
bool spin_lock[FILES];
bool asleep[FILES];
byte waking[FILES];		/* of those who put back, and wake then */
byte binders_done;

#define acquire(lock)	atomic { !lock -> lock = true }
#define release(lock)	assert(lock); lock = false

/* The lowest free port, as Xen gives it. */
inline xen_alloc(p) {
	atomic {
		if
		:: !open[0] -> p = 0
		:: open[0] && !open[1] -> p = 1
		:: else -> p = NONE
		fi;
		if
		:: p != NONE ->
			open[p] = true; pending[p] = false;
			masked[p] = false; transit[p] = true
		:: else
		fi
	}
}

inline xen_close(p) {
	atomic {
		assert(open[p]);		/* 2 */
		open[p] = false; pending[p] = false; transit[p] = false
	}
}

inline enter(f, p) {
	atomic {
		assert(!entered[p]);		/* 1: here was the BUG */
		entered[p] = true; owner[p] = f;
		armed[p] = true; queued[p] = false; unread[p] = false
	}
}

inline leave(f, p) {
	acquire(spin_lock[f]);
	atomic {
		if
		:: queued[p] -> queued[p] = false; npending[f]--
		:: else
		fi;
		entered[p] = false; armed[p] = false; unread[p] = false
	};
	release(spin_lock[f])
}

inline unhook(p) {
	hooked[p] = false;
	!running[p]			/* free_irq() waits for the handler */
}

inline bind(f, p) {
	acquire(bind_mutex[f]);
	xen_alloc(p);
	if
	:: p == NONE
	:: p != NONE ->
		enter(f, p);
		if
		:: hooked[p] = true; transit[p] = false
		:: leave(f, p); xen_close(p); p = NONE	/* request_irq failed */
		fi
	fi;
	release(bind_mutex[f])
}

inline unbind(f, p) {
	acquire(bind_mutex[f]);
	unhook(p);
	transit[p] = true;
#ifdef OLD
	xen_close(p);
	leave(f, p);
#else
	leave(f, p);
	xen_close(p);
#endif
	release(bind_mutex[f])
}

/* The CPU: for a port that is hooked, has an event and is not masked. */
proctype handler(byte p) {
	byte f;
	do
	:: atomic {
		hooked[p] && pending[p] && !masked[p] && !running[p] ->
		pending[p] = false; masked[p] = true; running[p] = true;
	   };
	   assert(entered[p]);			/* 3 */
	   f = owner[p];
	   acquire(spin_lock[f]);
	   assert(entered[p] && owner[p] == f);	/* 3 */
	   if
	   :: armed[p] ->
		armed[p] = false;
		if
		:: !queued[p] -> queued[p] = true; npending[f]++
		:: else
		fi
	   :: else -> assert(queued[p])		/* 4: an event that nobody sees */
	   fi;
	   assert(armed[p] || queued[p] || unread[p]);	/* 5 */
	   release(spin_lock[f]);
	   asleep[f] = false;			/* the wake-up */
	   running[p] = false
	:: atomic { binders_done == FILES && !(hooked[p] && pending[p] && !masked[p]) -> break }
	od
}

/* A peer sends to any open port, a few times. */
proctype sender() {
	byte n;
	do
	:: n < 2 -> n++;
		if
		:: atomic { open[0] -> pending[0] = true }
		:: atomic { open[1] -> pending[1] = true }
		:: skip
		fi
	:: n == 2 -> break
	od
}

/* One read of one port, by one of two readers: taken, copied; and put back when
 * the copy faults, if the port is still the same. */
inline read_one(f, p) {
	p = NONE;
	acquire(spin_lock[f]);
	if
	:: entered[0] && owner[0] == f && queued[0] -> p = 0
	:: entered[1] && owner[1] == f && queued[1] -> p = 1
	:: !(entered[0] && owner[0] == f && queued[0]) &&
	   !(entered[1] && owner[1] == f && queued[1]) -> assert(npending[f] == 0)
	fi;
	if
	:: p != NONE -> queued[p] = false; npending[f]--; unread[p] = true
	:: else
	fi;
	release(spin_lock[f]);
	/* the copy to user space; nothing is held that an interrupt wants */
	if
	:: p == NONE
	:: p != NONE
	:: p != NONE ->
		acquire(spin_lock[f]);
		waking[f]++;
		if
		:: entered[p] && owner[p] == f && unread[p] && !queued[p] ->
			queued[p] = true; npending[f]++; unread[p] = false
		:: else
		fi;
		release(spin_lock[f]);
		atomic { asleep[f] = false; waking[f]-- };
		p = NONE
	fi
}

/* The write: armed before it is unmasked. */
inline write_one(f, p) {
	acquire(bind_mutex[f]);
	if
	:: entered[p] && owner[p] == f && !armed[p] ->
#ifdef EARLY_EOI
		masked[p] = false;
		acquire(spin_lock[f]);
		armed[p] = true; unread[p] = false;
		release(spin_lock[f])
#else
		acquire(spin_lock[f]);
		armed[p] = true; unread[p] = false;
		release(spin_lock[f]);
		masked[p] = false
#endif
	:: else
	fi;
	release(bind_mutex[f])
}

/* A sleeping reader: asleep only with nothing pending (4). */
proctype reader(byte f) {
	byte p;
	do
	:: binders_done < FILES ->
		read_one(f, p);
		if
		:: p != NONE -> write_one(f, p)
		:: else ->
			atomic {
				if
				:: npending[f] == 0 -> asleep[f] = true
				:: else
				fi
			};
			(!asleep[f] || binders_done == FILES)
		fi
	:: binders_done == FILES -> break
	od
}

/* Another reader of the same file, which reads once. */
proctype glance(byte f) {
	byte p;
	read_one(f, p);
	if
	:: p != NONE -> write_one(f, p)
	:: else
	fi
}

/* Binds one or two ports; unbinds, or leaves it to release. */
proctype binder(byte f) {
	byte p = NONE, round = 0;
	do
	:: round < 2 ->
		round++;
		bind(f, p);
		if
		:: p != NONE -> unbind(f, p); p = NONE
		:: p != NONE -> break		/* left for release */
		:: p == NONE
		fi
	:: round == 2 -> break
	od;
	/* release: whatever is in the table goes the same way */
	if
	:: p != NONE -> unbind(f, p)
	:: else
	fi;
	binders_done++
}

/* 4 while anything is pending nobody sleeps for long; a state that violates
 * this is one where the handler, or who put back, is done and the reader still
 * sleeps. */
#define overslept(f) (asleep[f] && npending[f] > 0 && !waking[f] && \
			!running[0] && !running[1])
/* 7 */
#define lost(p)	(open[p] && !entered[p] && !transit[p])

active proctype watch() {
end:	atomic {
		(overslept(0) || overslept(1) || lost(0) || lost(1)) -> assert(false)
	}
}

init {
	atomic {
		run handler(0); run handler(1);
		run binder(0); run binder(1);
		run reader(0);
#ifdef TWO_READERS
		run glance(0);
#endif
		run sender()
	};
	/* 6, and all is closed, once nothing runs but this and the watcher */
	(_nr_pr == 2);
	assert(!open[0] && !open[1] && !entered[0] && !entered[1]);
	assert(!bind_mutex[0] && !bind_mutex[1] && !spin_lock[0] && !spin_lock[1]);
	assert(npending[0] == 0 && npending[1] == 0)
}
