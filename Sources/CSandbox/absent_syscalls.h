// Calls of syscalls.inc that some processor (-1) or some C library (their number, the same everywhere) does not know.
#pragma once

#ifndef SYS__sysctl
#define SYS__sysctl -1
#endif
#ifndef SYS_afs_syscall
#define SYS_afs_syscall -1
#endif
#ifndef SYS_clock_settime64
#define SYS_clock_settime64 -1
#endif
#ifndef SYS_create_module
#define SYS_create_module -1
#endif
#ifndef SYS_get_kernel_syms
#define SYS_get_kernel_syms -1
#endif
#ifndef SYS_getpmsg
#define SYS_getpmsg -1
#endif
#ifndef SYS_ioperm
#define SYS_ioperm -1
#endif
#ifndef SYS_iopl
#define SYS_iopl -1
#endif
#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif
#ifndef SYS_kexec_file_load
#define SYS_kexec_file_load -1
#endif
#ifndef SYS_listmount
#define SYS_listmount 458
#endif
#ifndef SYS_lookup_dcookie
#define SYS_lookup_dcookie -1
#endif
#ifndef SYS_lsm_get_self_attr
#define SYS_lsm_get_self_attr 459
#endif
#ifndef SYS_lsm_list_modules
#define SYS_lsm_list_modules 461
#endif
#ifndef SYS_lsm_set_self_attr
#define SYS_lsm_set_self_attr 460
#endif
#ifndef SYS_nfsservctl
#define SYS_nfsservctl -1
#endif
#ifndef SYS_putpmsg
#define SYS_putpmsg -1
#endif
#ifndef SYS_query_module
#define SYS_query_module -1
#endif
#ifndef SYS_quotactl_fd
#define SYS_quotactl_fd -1
#endif
#ifndef SYS_security
#define SYS_security -1
#endif
#ifndef SYS_set_mempolicy_home_node
#define SYS_set_mempolicy_home_node 450
#endif
#ifndef SYS_socketcall
#define SYS_socketcall -1
#endif
#ifndef SYS_statmount
#define SYS_statmount 457
#endif
#ifndef SYS_stime
#define SYS_stime -1
#endif
#ifndef SYS_sysfs
#define SYS_sysfs -1
#endif
#ifndef SYS_tuxcall
#define SYS_tuxcall -1
#endif
#ifndef SYS_umount
#define SYS_umount -1
#endif
#ifndef SYS_uselib
#define SYS_uselib -1
#endif
#ifndef SYS_ustat
#define SYS_ustat -1
#endif
#ifndef SYS_vm86
#define SYS_vm86 -1
#endif
#ifndef SYS_vm86old
#define SYS_vm86old -1
#endif
#ifndef SYS_vserver
#define SYS_vserver -1
#endif
