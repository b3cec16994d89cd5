/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * port/guest: what in libxl's configuration keeps a domain's devices from
 * being handed to a successor.
 */
#include "port/guest.h"

#include "tap.h"

static libxl_domain_config config;
static libxl_device_disk disk;
static libxl_device_nic nic;

/* A PVH guest with one disk and one network of dom0's. */
static void begin(void)
{
	libxl_domain_config_init(&config);
	libxl_device_disk_init(&disk);
	libxl_device_nic_init(&nic);
	config.c_info.type = LIBXL_DOMAIN_TYPE_PVH;
	disk.backend = LIBXL_DISK_BACKEND_PHY;
	config.disks = &disk;
	config.nics = &nic;
	config.num_disks = config.num_nics = 1;
}

static void is_tied(enum domain_tie expected, const char *what)
{
	struct domain_config got;

	ok(guest_tie(&config) == expected, "%s: %s", what,
	   expected ? domain_tie_text(expected) : "free");
	guest_read_config(&config, &got);
	ok(got.tie == expected, "and so it is read");
	begin();
}

static void test_free(void)
{
	is_tied(DOMAIN_TIE_NONE, "a disk and a network of dom0's");
	disk.backend_domname = (char *)"0";
	is_tied(DOMAIN_TIE_NONE, "dom0 by its number");
	disk.backend_domname = (char *)"Domain-0";
	is_tied(DOMAIN_TIE_NONE, "dom0 by its name");
	config.c_info.type = LIBXL_DOMAIN_TYPE_PV;
	is_tied(DOMAIN_TIE_NONE, "a PV guest");
	disk.backend = LIBXL_DISK_BACKEND_UNKNOWN;
	is_tied(DOMAIN_TIE_NONE, "a disk whose backend is not settled yet");
}

static void test_tied(void)
{
	config.c_info.type = LIBXL_DOMAIN_TYPE_HVM;
	is_tied(DOMAIN_TIE_MODEL, "an HVM guest");
	config.num_pcidevs = 1;
	is_tied(DOMAIN_TIE_PCI, "a PCI device");
	config.b_info.num_ioports = 1;
	is_tied(DOMAIN_TIE_HARDWARE, "ports");
	config.b_info.num_irqs = 1;
	is_tied(DOMAIN_TIE_HARDWARE, "an interrupt");
	config.b_info.num_iomem = 1;
	is_tied(DOMAIN_TIE_HARDWARE, "a device's memory");
	disk.backend_domid = 3;
	is_tied(DOMAIN_TIE_DRIVER, "a disk of domain 3's");
	disk.backend_domname = (char *)"storage";
	is_tied(DOMAIN_TIE_DRIVER, "a disk of another's");
	nic.backend_domname = (char *)"net";
	is_tied(DOMAIN_TIE_DRIVER, "a network of another's");
	disk.backend = LIBXL_DISK_BACKEND_QDISK;
	is_tied(DOMAIN_TIE_PROCESS, "a disk of QEMU's");
	config.num_vfbs = 1;
	is_tied(DOMAIN_TIE_OTHER, "a framebuffer");
	config.num_p9s = 1;
	is_tied(DOMAIN_TIE_OTHER, "a shared directory");
	config.num_channels = 1;
	is_tied(DOMAIN_TIE_OTHER, "a channel");
}

int main(void)
{
	begin();
	test_free();
	test_tied();
	return done_testing();
}
