// SPDX-License-Identifier: GPL-2.0-only
/*
 * The old design upon the same model: it must meet a stale entry soon, or the
 * model would prove nothing about the new one.
 * Must not accept more than 10,000 steps.
 */
#include "model.h"

#define OLD_STEPS	10000
#define OLD_THREADS	4

unsigned long *model_param_collisions(void);

static void *churn(void *unused)
{
	int rc;
	struct file *filp = model_open(0, &rc);
	long port;

	(void)unused;
	while (__atomic_load_n(&model_steps, __ATOMIC_RELAXED) < OLD_STEPS &&
	       !__atomic_load_n(&model_warnings, __ATOMIC_RELAXED)) {
		port = model_bind_unbound(filp);
		if (port > 0)
			model_one(filp, EV_UNBIND, port);
	}
	model_close(filp);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t threads[OLD_THREADS];
	unsigned long steps;
	int i;

	model_seed(argc > 1 ? strtoul(argv[1], NULL, 0) : 1);
	xen_mock_start(2);
	if (model_init())
		return 1;
	for (i = 0; i < OLD_THREADS; i++)
		pthread_create(&threads[i], NULL, churn, NULL);
	for (i = 0; i < OLD_THREADS; i++)
		pthread_join(threads[i], NULL);
	steps = model_steps;
	printf("%s - the old design meets a stale entry: %lu collisions after %lu steps\n",
	       *model_param_collisions() ? "ok" : "not ok",
	       *model_param_collisions(), steps);
	model_exit();
	xen_mock_stop();
	return !*model_param_collisions();
}
