// SPDX-License-Identifier: GPL-2.0-only
/*
 * The modelled kernel but for Xen: memory that can fail, locks that know what
 * may sleep, waiting, the tree, debugfs.
 * Must not let an error go by: each ends the run.
 */
#include <stdarg.h>
#include <time.h>

#include "model.h"

unsigned int model_warnings, model_asyncs;
unsigned long model_steps;
__thread bool model_signal_pending;

static __thread int spins_held, locks_held;
static __thread unsigned int random_state;
static unsigned int random_seed = 1;
static int fault_countdown = -1;
static unsigned int fault_odds;
static bool fault_was_hit;
static const char *fault_where = "";

void model_fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	printf("not ok - ");
	vprintf(format, args);
	printf("\n");
	fflush(stdout);
	_Exit(1);
}

void model_warn(const char *format, ...)
{
	(void)format;
	__atomic_add_fetch(&model_warnings, 1, __ATOMIC_RELAXED);
}

void model_seed(unsigned int seed)
{
	random_seed = seed;
}

unsigned int model_random(unsigned int below)
{
	if (!random_state)
		random_state = __atomic_add_fetch(&random_seed, 0x9e3779b9,
						  __ATOMIC_RELAXED) | 1;
	random_state ^= random_state << 13;
	random_state ^= random_state >> 17;
	random_state ^= random_state << 5;
	return random_state % below;
}

/* Where a kernel might be preempted, or another CPU be faster. */
void model_point(void)
{
	if (model_random(8) == 0)
		sched_yield();
}

/* --- faults: the nth from now, or one in so many --- */

void model_fault_nth(int n)
{
	fault_countdown = n;
	fault_was_hit = false;
}

void model_fault_one_in(unsigned int n)
{
	fault_odds = n;
}

bool model_fault_hit(void)
{
	return fault_was_hit;
}

const char *model_fault_name(void)
{
	return fault_where;
}

bool model_fault(const char *where)
{
	model_point();
	if (fault_odds)
		return model_random(fault_odds) == 0;
	if (fault_countdown < 0 || fault_countdown-- > 0)
		return false;
	fault_where = where;
	fault_was_hit = true;
	return true;
}

/* --- memory --- */

void model_might_sleep(const char *where)
{
	if (spins_held)
		model_fail("%s may sleep, and a spinlock is held", where);
}

void *kzalloc(size_t size_bytes, int flags)
{
	(void)flags;
	model_might_sleep("kzalloc");
	return model_fault("kzalloc") ? NULL : calloc(1, size_bytes);
}

void kfree(const void *p)
{
	free((void *)p);
}

unsigned long __get_free_page(int flags)
{
	(void)flags;
	model_might_sleep("__get_free_page");
	if (model_fault("__get_free_page"))
		return 0;
	return (unsigned long)malloc(PAGE_SIZE);
}

void free_page(unsigned long page)
{
	free((void *)page);
}

size_t copy_from_user(void *to, const void *from, size_t size_bytes)
{
	model_might_sleep("copy_from_user");
	if ((uintptr_t)from < PAGE_SIZE)
		return size_bytes;
	memcpy(to, from, size_bytes);
	return 0;
}

void (*model_copying)(void);
const void *model_bad_from;

size_t copy_to_user(void *to, const void *from, size_t size_bytes)
{
	model_might_sleep("copy_to_user");
	model_point();
	if (model_copying)
		model_copying();
	if ((uintptr_t)to < PAGE_SIZE ||
	    (model_bad_from && (char *)to + size_bytes > (char *)model_bad_from))
		return size_bytes;
	memcpy(to, from, size_bytes);
	return 0;
}

/* --- locks --- */

int model_locks_held(void)
{
	return locks_held;
}

void mutex_init(struct mutex *m)
{
	pthread_mutex_init(&m->m, NULL);
}

void mutex_lock(struct mutex *m)
{
	model_might_sleep("mutex_lock");
	model_point();
	pthread_mutex_lock(&m->m);
	locks_held++;
}

int mutex_lock_interruptible(struct mutex *m)
{
	if (model_fault("mutex_lock_interruptible"))
		return -EINTR;
	mutex_lock(m);
	return 0;
}

void mutex_unlock(struct mutex *m)
{
	locks_held--;
	pthread_mutex_unlock(&m->m);
}

void spin_lock_init(spinlock_t *l)
{
	pthread_mutex_init(&l->m, NULL);
}

void spin_lock(spinlock_t *l)
{
	model_point();
	pthread_mutex_lock(&l->m);
	locks_held++;
	spins_held++;
}

void spin_unlock(spinlock_t *l)
{
	spins_held--;
	locks_held--;
	pthread_mutex_unlock(&l->m);
	model_point();
}

void down_read(struct rw_semaphore *s)
{
	model_might_sleep("down_read");
	pthread_rwlock_rdlock(&s->l);
	locks_held++;
}

void up_read(struct rw_semaphore *s)
{
	locks_held--;
	pthread_rwlock_unlock(&s->l);
}

void down_write(struct rw_semaphore *s)
{
	model_might_sleep("down_write");
	pthread_rwlock_wrlock(&s->l);
	locks_held++;
}

void up_write(struct rw_semaphore *s)
{
	up_read(s);
}

/* --- waiting --- */

void init_waitqueue_head(wait_queue_head_t *w)
{
	pthread_mutex_init(&w->m, NULL);
	pthread_cond_init(&w->c, NULL);
	w->wakes = 0;
}

void wake_up_interruptible(wait_queue_head_t *w)
{
	pthread_mutex_lock(&w->m);
	w->wakes++;
	pthread_cond_broadcast(&w->c);
	pthread_mutex_unlock(&w->m);
}

unsigned int model_wakes(wait_queue_head_t *w)
{
	unsigned int wakes;

	model_might_sleep("wait_event");
	pthread_mutex_lock(&w->m);
	wakes = w->wakes;
	pthread_mutex_unlock(&w->m);
	model_point();
	return wakes;
}

/* False if a signal came first; one that should have come long ago fails. */
bool model_wait(wait_queue_head_t *w, unsigned int wakes)
{
	struct timespec end;
	bool woken = true;

	if (model_signal_pending)
		return false;
	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += 20;
	pthread_mutex_lock(&w->m);
	while (w->wakes == wakes && woken)
		woken = !pthread_cond_timedwait(&w->c, &w->m, &end);
	pthread_mutex_unlock(&w->m);
	if (!woken)
		model_fail("a reader slept for 20 s: a wake-up was lost");
	return true;
}

void kill_fasync(struct fasync_struct **f, int sig, int band)
{
	(void)sig;
	(void)band;
	if (__atomic_load_n(f, __ATOMIC_RELAXED))
		__atomic_add_fetch(&model_asyncs, 1, __ATOMIC_RELAXED);
}

int fasync_helper(int fd, struct file *filp, int on, struct fasync_struct **f)
{
	static struct fasync_struct one;

	(void)fd;
	(void)filp;
	__atomic_store_n(f, on ? &one : NULL, __ATOMIC_RELAXED);
	return 0;
}

/* --- the tree --- */

void rb_link_node(struct rb_node *n, struct rb_node *parent,
		  struct rb_node **link)
{
	n->parent = parent;
	n->rb_left = n->rb_right = NULL;
	*link = n;
}

static void rb_put(struct rb_node *old, struct rb_node *by,
		   struct rb_root *root)
{
	if (!old->parent)
		root->rb_node = by;
	else if (old->parent->rb_left == old)
		old->parent->rb_left = by;
	else
		old->parent->rb_right = by;
	if (by)
		by->parent = old->parent;
}

void rb_erase(struct rb_node *n, struct rb_root *root)
{
	struct rb_node *next = n->rb_right;

	if (!n->rb_left) {
		rb_put(n, n->rb_right, root);
		return;
	}
	if (!next) {
		rb_put(n, n->rb_left, root);
		return;
	}
	while (next->rb_left)
		next = next->rb_left;
	if (next != n->rb_right) {
		rb_put(next, next->rb_right, root);
		next->rb_right = n->rb_right;
		next->rb_right->parent = next;
	}
	rb_put(n, next, root);
	next->rb_left = n->rb_left;
	next->rb_left->parent = next;
}

struct rb_node *rb_first(const struct rb_root *root)
{
	struct rb_node *n = root->rb_node;

	while (n && n->rb_left)
		n = n->rb_left;
	return n;
}

struct rb_node *rb_next(const struct rb_node *n)
{
	if (n->rb_right) {
		n = n->rb_right;
		while (n->rb_left)
			n = n->rb_left;
		return (struct rb_node *)n;
	}
	while (n->parent && n == n->parent->rb_right)
		n = n->parent;
	return n->parent;
}
