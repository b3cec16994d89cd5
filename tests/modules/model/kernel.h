/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * As much of a kernel as the module's sources need, over threads, so that
 * these very sources run in a process. Every header they include is this one.
 * Must not be kinder than a kernel: what would deadlock, sleep in an
 * interrupt, free twice or leak there fails here.
 */
#ifndef MODEL_KERNEL_H
#define MODEL_KERNEL_H

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef u16 domid_t;
typedef u32 evtchn_port_t;

#define _IOC_NONE		0u
#define _IOC(dir, type, nr, size) \
	((dir) << 30 | (unsigned int)(size) << 16 | (type) << 8 | (nr))
#define __user
#define __init
#define __exit
#define ____cacheline_aligned
#define GFP_KERNEL		0
#define PAGE_SIZE		4096ul
#define TASK_COMM_LEN		16
#define ERESTARTSYS		512
#define O_NONBLOCK		04000
#define SIGIO			29
#define POLL_IN			1
#define EPOLLIN			1u
#define EPOLLOUT		4u
#define EPOLLRDNORM		0x40u
#define EPOLLWRNORM		0x100u
typedef unsigned int __poll_t;

#define ARRAY_SIZE(a)		(sizeof(a) / sizeof(*(a)))
#define min_t(t, a, b)		((t)(a) < (t)(b) ? (t)(a) : (t)(b))
#define container_of(p, t, m)	((t *)((char *)(p) - offsetof(t, m)))
#define READ_ONCE(x)		__atomic_load_n(&(x), __ATOMIC_RELAXED)
#define WRITE_ONCE(x, v)	__atomic_store_n(&(x), v, __ATOMIC_RELAXED)
#define IS_ERR_OR_NULL(p)	(!(p))
#define cond_resched()		model_point()
#define kick_all_cpus_sync()	model_might_sleep("kick_all_cpus_sync")
#define scnprintf		snprintf
#define pr_err			printf
#define pr_warn_once(...)	model_warn(__VA_ARGS__)

/* model.c: what fails a run, and where other threads may come in between */
void model_fail(const char *format, ...)
	__attribute__((noreturn, format(printf, 1, 2)));
void model_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
void model_point(void);
bool model_fault(const char *where);
void model_might_sleep(const char *where);

/* --- memory --- */
void *kzalloc(size_t size_bytes, int flags);
void kfree(const void *p);
unsigned long __get_free_page(int flags);
void free_page(unsigned long page);
size_t copy_from_user(void *to, const void *from, size_t size_bytes);
size_t copy_to_user(void *to, const void *from, size_t size_bytes);

/* --- lists --- */
struct list_head {
	struct list_head *next, *prev;
};

#define LIST_HEAD(name) struct list_head name = { &(name), &(name) }
#define list_entry(p, t, m)	container_of(p, t, m)
#define list_for_each_entry(p, head, m) \
	for (p = list_entry((head)->next, __typeof__(*p), m); \
	     &p->m != (head); p = list_entry(p->m.next, __typeof__(*p), m))
#define list_for_each_entry_safe(p, n, head, m) \
	for (p = list_entry((head)->next, __typeof__(*p), m), \
	     n = list_entry(p->m.next, __typeof__(*p), m); &p->m != (head); \
	     p = n, n = list_entry(n->m.next, __typeof__(*n), m))

static inline void INIT_LIST_HEAD(struct list_head *h)
{
	h->next = h->prev = h;
}

static inline bool list_empty(const struct list_head *h)
{
	return h->next == h;
}

static inline void list_add(struct list_head *e, struct list_head *h)
{
	e->next = h->next;
	e->prev = h;
	h->next->prev = e;
	h->next = e;
}

static inline void list_add_tail(struct list_head *e, struct list_head *h)
{
	e->next = h;
	e->prev = h->prev;
	h->prev->next = e;
	h->prev = e;
}

static inline void list_del(struct list_head *e)
{
	e->prev->next = e->next;
	e->next->prev = e->prev;
}

static inline void list_del_init(struct list_head *e)
{
	list_del(e);
	INIT_LIST_HEAD(e);
}

/* --- a tree, which need not be balanced here --- */
struct rb_node {
	struct rb_node *parent, *rb_left, *rb_right;
};

struct rb_root {
	struct rb_node *rb_node;
};

#define RB_ROOT			((struct rb_root){ NULL })
#define rb_entry(p, t, m)	container_of(p, t, m)
#define rb_insert_color(n, r)	((void)(n))
void rb_link_node(struct rb_node *n, struct rb_node *parent,
		  struct rb_node **link);
void rb_erase(struct rb_node *n, struct rb_root *root);
struct rb_node *rb_first(const struct rb_root *root);
struct rb_node *rb_next(const struct rb_node *n);

/* --- locks --- */
struct mutex {
	pthread_mutex_t m;
};

struct rw_semaphore {
	pthread_rwlock_t l;
};

typedef struct {
	pthread_mutex_t m;
} spinlock_t;

#define DEFINE_MUTEX(name) struct mutex name = { PTHREAD_MUTEX_INITIALIZER }
#define DEFINE_SPINLOCK(name) spinlock_t name = { PTHREAD_MUTEX_INITIALIZER }
#define DECLARE_RWSEM(name) \
	struct rw_semaphore name = { PTHREAD_RWLOCK_INITIALIZER }
void mutex_init(struct mutex *m);
void mutex_lock(struct mutex *m);
int mutex_lock_interruptible(struct mutex *m);
void mutex_unlock(struct mutex *m);
void spin_lock_init(spinlock_t *l);
void spin_lock(spinlock_t *l);
void spin_unlock(spinlock_t *l);
void down_read(struct rw_semaphore *s);
void up_read(struct rw_semaphore *s);
void down_write(struct rw_semaphore *s);
void up_write(struct rw_semaphore *s);
int model_locks_held(void);

#define spin_lock_irq(l)		spin_lock(l)
#define spin_unlock_irq(l)		spin_unlock(l)
#define spin_lock_irqsave(l, flags)	((flags) = 0, spin_lock(l))
#define spin_unlock_irqrestore(l, flags) ((void)(flags), spin_unlock(l))

/* --- waiting --- */
typedef struct {
	pthread_mutex_t m;
	pthread_cond_t c;
	unsigned int wakes;
} wait_queue_head_t;

struct fasync_struct {
	int fd;
};

extern __thread bool model_signal_pending;
void init_waitqueue_head(wait_queue_head_t *w);
void wake_up_interruptible(wait_queue_head_t *w);
unsigned int model_wakes(wait_queue_head_t *w);
bool model_wait(wait_queue_head_t *w, unsigned int wakes);
void kill_fasync(struct fasync_struct **f, int sig, int band);

/* Asleep only if nothing woke the queue since before the condition was seen. */
#define wait_event_interruptible(w, condition) ({ \
	int wait_rc = 0; \
	for (;;) { \
		unsigned int wait_seen = model_wakes(&(w)); \
		if (condition) \
			break; \
		if (!model_wait(&(w), wait_seen)) { \
			wait_rc = -ERESTARTSYS; \
			break; \
		} \
	} \
	wait_rc; })

/* --- files --- */
struct inode {
	int unused;
};

struct file {
	void *private_data;
	unsigned int f_flags;
};

typedef struct {
	int unused;
} poll_table;

struct file_operations {
	void *owner;
	int (*open)(struct inode *inode, struct file *filp);
	int (*release)(struct inode *inode, struct file *filp);
	ssize_t (*read)(struct file *filp, char *buf, size_t count,
			loff_t *pos);
	ssize_t (*write)(struct file *filp, const char *buf, size_t count,
			 loff_t *pos);
	__poll_t (*poll)(struct file *filp, poll_table *wait);
	int (*fasync)(int fd, struct file *filp, int on);
	long (*unlocked_ioctl)(struct file *filp, unsigned int cmd,
			       unsigned long arg);
	loff_t (*llseek)(struct file *filp, loff_t to, int whence);
};

#define THIS_MODULE	NULL
#define poll_wait(filp, queue, table)	((void)(table))
#define stream_open(inode, filp)	0
#define nonseekable_open(inode, filp)	0
int fasync_helper(int fd, struct file *filp, int on,
		  struct fasync_struct **f);

struct miscdevice {
	int minor;
	const char *name;
	const struct file_operations *fops;
};

#define MISC_DYNAMIC_MINOR	255
int misc_register(struct miscdevice *d);
void misc_deregister(struct miscdevice *d);

/* --- a module --- */
struct kernel_param {
	int unused;
};

struct kernel_param_ops {
	int (*set)(const char *value, const struct kernel_param *kp);
	int (*get)(char *buffer, const struct kernel_param *kp);
};

#define KBUILD_MODNAME			"model"
#define module_param_cb(name, ops, arg, mode) \
	const struct kernel_param_ops *model_param_##name = ops
#define module_param(name, type, mode) \
	type *model_param_##name(void); \
	type *model_param_##name(void) { return &name; }
typedef unsigned long ulong;
#define module_init(f)	int model_init(void) { return f(); }
#define module_exit(f)	void model_exit(void) { f(); }
#define MODULE_PARM_DESC(name, text)	struct model_unused
#define MODULE_DESCRIPTION(text)	struct model_unused
#define MODULE_AUTHOR(text)		struct model_unused
#define MODULE_LICENSE(text)		struct model_unused
#define MODULE_VERSION(text)		struct model_unused
int model_init(void);
void model_exit(void);

#define current			NULL
#define task_tgid_nr(task)	((pid_t)1)
#define get_task_comm(buf, task) strcpy(buf, "model")

/* --- debugfs: the last file of each name is found by it --- */
struct dentry {
	int unused;
};

struct seq_file {
	char text[4096];
	size_t used;
};

struct dentry *debugfs_create_dir(const char *name, struct dentry *parent);
void debugfs_create_file(const char *name, int mode, struct dentry *parent,
			 void *data, const struct file_operations *ops);
void debugfs_remove_recursive(struct dentry *dir);
int single_open(struct file *filp, int (*show)(struct seq_file *, void *),
		void *data);
int single_release(struct inode *inode, struct file *filp);
ssize_t seq_read(struct file *filp, char *buf, size_t count, loff_t *pos);
loff_t seq_lseek(struct file *filp, loff_t to, int whence);
void seq_printf(struct seq_file *m, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
#define seq_puts(m, text) seq_printf(m, "%s", text)

/* --- irqs and Xen: xen.c --- */
typedef int irqreturn_t;
typedef irqreturn_t (*irq_handler_t)(int irq, void *data);
#define IRQ_NONE	0
#define IRQ_HANDLED	1
#define IRQF_SHARED	0x80

#define DOMID_SELF		((domid_t)0x7ff0)
#define DOMID_FIRST_RESERVED	((domid_t)0x7ff0)
#define NR_EVENT_CHANNELS	4096
#define EVTCHNOP_bind_interdomain	0
#define EVTCHNOP_bind_virq		1
#define EVTCHNOP_close			3
#define EVTCHNOP_status			5
#define EVTCHNOP_alloc_unbound		6
#define EVTCHNSTAT_closed		0
#define EVTCHNSTAT_unbound		1
#define EVTCHNSTAT_interdomain		2
#define EVTCHNSTAT_virq			4

struct evtchn_alloc_unbound {
	domid_t dom, remote_dom;
	evtchn_port_t port;
};

struct evtchn_bind_interdomain {
	domid_t remote_dom;
	evtchn_port_t remote_port, local_port;
};

struct evtchn_bind_virq {
	u32 virq, vcpu;
	evtchn_port_t port;
};

struct evtchn_close {
	evtchn_port_t port;
};

struct evtchn_status {
	domid_t dom;
	evtchn_port_t port;
	u32 status, vcpu;
	union {
		struct {
			domid_t dom;
			evtchn_port_t port;
		} interdomain;
	} u;
};

#define xen_domain()			1
#define xen_vcpu_nr(cpu)		0
int HYPERVISOR_event_channel_op(int op, void *arg);
unsigned int xen_evtchn_nr_channels(void);
int request_irq(unsigned int irq, irq_handler_t handler, unsigned long flags,
		const char *name, void *data);
void free_irq(unsigned int irq, void *data);
void disable_irq_nosync(unsigned int irq);
void enable_irq(unsigned int irq);
int bind_evtchn_to_irq(evtchn_port_t port);
int bind_evtchn_to_irq_lateeoi(evtchn_port_t port);
void xen_irq_lateeoi(unsigned int irq, unsigned int flags);
#ifdef MODEL_STATIC_PORTS
int evtchn_make_refcounted(evtchn_port_t port, bool is_static);
#else
int evtchn_make_refcounted(evtchn_port_t port);
#endif
void evtchn_put(evtchn_port_t port);
void unbind_from_irqhandler(unsigned int irq, void *data);
unsigned int irq_from_evtchn(evtchn_port_t port);
void notify_remote_via_evtchn(evtchn_port_t port);

#endif
