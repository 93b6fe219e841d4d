// What a step sees besides its image: proc, /dev, /sys and three files in /etc.
#include <sys/sysmacros.h>

#include "internal.h"

// A detached mount. `options` are pairs of key and value (NULL for a flag), ending in NULL. Returns its descriptor.
int csb_make_filesystem(const char *type, const char *const *options, unsigned attributes) {
    CSB_CLOSE int context = fsopen(type, FSOPEN_CLOEXEC);
    if (context < 0) return -errno;
    for (const char *const *option = options; option && option[0]; option += 2) {
        unsigned command = option[1] ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG;
        if (fsconfig(context, command, option[0], option[1], 0) < 0) return -errno;
    }
    if (fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0) return -errno;
    int mount = fsmount(context, FSMOUNT_CLOEXEC, attributes);
    return mount < 0 ? -errno : mount;
}

// Attaches a detached mount to an open mount point, whatever that is: a symbolic link is covered, not followed.
int csb_move(int mount, int target) {
    int result = move_mount(mount, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
    return result < 0 ? -errno : 0;
}

int csb_bind(int tree, int target, bool read_only) {
    struct mount_attr attributes = {.attr_set = MOUNT_ATTR_RDONLY};
    if (read_only && mount_setattr(tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attributes, sizeof attributes) < 0) return -errno;
    return csb_move(tree, target);
}

// Binds `source` over `name` in `directory`. A mount point that is missing is no error: then 1.
int csb_bind_file(const char *source, int directory, const char *name, bool read_only, struct csb_failure *failure) {
    CSB_CLOSE int target = openat(directory, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (target < 0 && errno == ENOENT) return 1;
    if (target < 0) return csb_fail(failure, CSB_STEP_MOUNT_POINT, name);
    // With what a container mounted below it: in a user namespace that cannot be left behind.
    CSB_CLOSE int tree = open_tree(AT_FDCWD, source, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
    if (tree < 0) return csb_fail(failure, CSB_STEP_BIND, source);
    int result = csb_bind(tree, target, read_only);
    return result < 0 ? csb_fail_with(failure, CSB_STEP_BIND, -result, name) : 0;
}

// Where a seccomp profile around us refuses pivot_root: the new root lies over the old one, as an initramfs does it.
// Nothing leads below it: `..` of the topmost root is that root again, and a step may not unmount.
static int cover(int root, struct csb_failure *failure) {
    CSB_CLOSE int old = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    struct statx ours, topmost;
    if (statx(root, "", AT_EMPTY_PATH, STATX_MNT_ID, &ours) < 0 || statx(AT_FDCWD, "/..", 0, STATX_MNT_ID, &topmost) < 0)
        return csb_fail(failure, CSB_STEP_PIVOT, NULL);
    if (ours.stx_mnt_id != topmost.stx_mnt_id &&
        move_mount(root, "", old, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
        return csb_fail(failure, CSB_STEP_PIVOT, NULL);
    return chroot(".") < 0 || chdir("/") < 0 ? csb_fail(failure, CSB_STEP_PIVOT, "/") : 0;
}

// Makes `root` the root of this mount namespace and lets go of everything else.
int csb_pivot(int root, struct csb_failure *failure) {
    if (fchdir(root) < 0) return csb_fail(failure, CSB_STEP_PIVOT, NULL);
    if (syscall(SYS_pivot_root, ".", ".") < 0)
        return errno == EPERM ? cover(root, failure) : csb_fail(failure, CSB_STEP_PIVOT, NULL);
    if (umount2(".", MNT_DETACH) < 0) return csb_fail(failure, CSB_STEP_DETACH, NULL);
    return chdir("/") < 0 ? csb_fail(failure, CSB_STEP_PIVOT, "/") : 0;
}

// The directory `name` of the image, which must not be a symbolic link: mounts are not led elsewhere by an image.
static int open_mount_point(int root, const char *name, struct csb_failure *failure) {
    int fd = csb_openat2(root, name, O_PATH | O_DIRECTORY, RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS);
    return fd < 0 ? csb_fail_with(failure, CSB_STEP_MOUNT_POINT, -fd, name) : fd;
}

static int attach(int root, const char *name, int mount, enum csb_step step, struct csb_failure *failure) {
    if (mount < 0) return csb_fail_with(failure, step, -mount, name);
    CSB_CLOSE int point = open_mount_point(root, name, failure);
    if (point < 0) return point;
    int result = csb_move(mount, point);
    return result < 0 ? csb_fail_with(failure, step, -result, name) : 0;
}

static const char *const hidden_files[] = {"kcore", "keys", "latency_stats", "timer_list", "timer_stats", "sched_debug",
                                           "interrupts", "kallsyms", "kmsg", "modules", NULL};
static const char *const hidden_directories[] = {"asound", "acpi", "scsi", NULL};
static const char *const fixed_entries[] = {"bus", "fs", "irq", "sys", "sysrq-trigger", NULL};

static int make_read_only(int directory, const char *name, struct csb_failure *failure) {
    CSB_CLOSE int target = openat(directory, name, O_PATH | O_CLOEXEC);
    if (target < 0) return 0;
    CSB_CLOSE int tree = open_tree(directory, name, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
    if (tree < 0) return csb_fail(failure, CSB_STEP_MASK, name);
    int result = csb_bind(tree, target, true);
    return result < 0 ? csb_fail_with(failure, CSB_STEP_MASK, -result, name) : 0;
}

// The /proc of the container around us, as it is masked there; for steps not to be written at all.
static int clone_outer_proc(bool read_only) {
    struct mount_attr attributes = {.attr_set = MOUNT_ATTR_RDONLY};
    CSB_CLOSE int proc = open_tree(AT_FDCWD, "/proc", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
    if (proc < 0) return -errno;
    if (read_only && mount_setattr(proc, "", AT_EMPTY_PATH | AT_RECURSIVE, &attributes, sizeof attributes) < 0)
        return -errno;
    return fcntl(proc, F_DUPFD_CLOEXEC, 0);
}

// A container hides parts of its /proc by mounts; the kernel then gives a user namespace no fresh one that would show
// them (EPERM). What remains is the container's own, whose pids are not ours but whose `self` is.
int csb_mount_own_proc(struct csb_world *world, struct csb_failure *failure) {
    char self[16];
    if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) == 0) return 0;
    world->proc_shows_outside =
        errno == EPERM && csb_executor_is_mapped(world->rung) && readlink("/proc/self", self, sizeof self) > 0;
    return world->proc_shows_outside ? 0 : csb_fail_with(failure, CSB_STEP_EXECUTOR_PROC, EPERM, "/proc");
}

int csb_open_proc(bool shows_outside, bool read_only) {
    if (shows_outside) return clone_outer_proc(read_only);
    return csb_make_filesystem("proc", NULL, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
}

static int mount_proc(int root, bool shows_outside, struct csb_failure *failure) {
    CSB_CLOSE int proc = csb_open_proc(shows_outside, true);
    int result = attach(root, "proc", proc, CSB_STEP_MOUNT_PROC, failure);
    for (const char *const *name = hidden_files; *name && result >= 0; name++)
        result = csb_bind_file("/dev/null", proc, *name, true, failure);
    for (const char *const *name = hidden_directories; *name && result >= 0; name++)
        result = csb_bind_file("/empty", proc, *name, true, failure);
    for (const char *const *name = fixed_entries; *name && result >= 0; name++)
        result = make_read_only(proc, *name, failure);
    return result < 0 ? result : 0;
}

static const char *const nodes[] = {"null", "zero", "full", "random", "urandom", "tty", NULL};
static const struct { const char *name, *target; } links[] = {
    {"fd", "/proc/self/fd"},
    {"stdin", "/proc/self/fd/0"},
    {"stdout", "/proc/self/fd/1"},
    {"stderr", "/proc/self/fd/2"},
    {"ptmx", "pts/ptmx"},
};

static int mount_in_dev(int dev, const char *name, const char *type, const char *const *options,
                        struct csb_failure *failure) {
    if (mkdirat(dev, name, 0755) < 0) return csb_fail(failure, CSB_STEP_MOUNT_DEV, name);
    CSB_CLOSE int mount = csb_make_filesystem(type, options, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
    return attach(dev, name, mount, CSB_STEP_MOUNT_DEV, failure);
}

static int make_node(int dev, const char *name, struct csb_failure *failure) {
    CSB_CLOSE int file = openat(dev, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    if (file < 0) return csb_fail(failure, CSB_STEP_MOUNT_DEV, name);
    char source[32];
    csb_format(source, sizeof source, "/dev/%s", name);
    return csb_bind_file(source, dev, name, false, failure);
}

// The terminal's node of the host's devpts, so that programs find a name for it. One of another devpts has none here.
static int mount_console(int dev, int terminal, struct csb_failure *failure) {
    struct stat own, found;
    char source[48];
    if (terminal < 0 || fstat(terminal, &own) < 0 || !S_ISCHR(own.st_mode)) return 0;
    csb_format(source, sizeof source, "/terminals/%u", minor(own.st_rdev));
    if (stat(source, &found) < 0 || found.st_dev != own.st_dev || found.st_ino != own.st_ino) return 0;
    CSB_CLOSE int file = openat(dev, "console", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    if (file < 0) return csb_fail(failure, CSB_STEP_MOUNT_DEV, "console");
    return csb_bind_file(source, dev, "console", false, failure);
}

static int mount_dev(int root, const struct csb_image_files *files, struct csb_failure *failure) {
    static const char *const options[] = {"mode", "755", "size", "65536k", NULL};
    const char *const terminals[] = {"ptmxmode", "666", "mode", "620", files->has_one_id ? NULL : "gid", "5", NULL};
    static const char *const shared[] = {"mode", "1777", "size", "65536k", NULL};
    CSB_CLOSE int dev = csb_make_filesystem("tmpfs", options, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
    int result = attach(root, "dev", dev, CSB_STEP_MOUNT_DEV, failure);
    for (const char *const *name = nodes; *name && result >= 0; name++) result = make_node(dev, *name, failure);
    for (size_t index = 0; index < sizeof links / sizeof *links && result >= 0; index++)
        if (symlinkat(links[index].target, dev, links[index].name) < 0)
            result = csb_fail(failure, CSB_STEP_MOUNT_DEV, links[index].name);
    if (result >= 0) result = mount_in_dev(dev, "pts", "devpts", terminals, failure);
    if (result >= 0) result = mount_in_dev(dev, "shm", "tmpfs", shared, failure);
    if (result >= 0) result = mount_in_dev(dev, "mqueue", "mqueue", NULL, failure);
    if (result >= 0) result = mount_console(dev, files->terminal_fd, failure);
    return result;
}

// Nothing of the host's sysfs but the processors, which many programs count there.
static int mount_sys(int root, struct csb_failure *failure) {
    static const char *const options[] = {"mode", "755", "size", "64k", NULL};
    static const char *const directories[] = {"devices", "devices/system", "devices/system/cpu", "fs", "fs/cgroup",
                                              "kernel", NULL};
    CSB_CLOSE int sys = csb_make_filesystem("tmpfs", options, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
    int result = attach(root, "sys", sys, CSB_STEP_MOUNT_SYS, failure);
    if (result < 0) return result;
    for (const char *const *name = directories; *name; name++)
        if (mkdirat(sys, *name, 0755) < 0) return csb_fail(failure, CSB_STEP_MOUNT_SYS, *name);
    result = csb_bind_file("/cpu", sys, "devices/system/cpu", true, failure);
    if (result < 0) return result;
    struct mount_attr attributes = {.attr_set = MOUNT_ATTR_RDONLY};
    if (mount_setattr(sys, "", AT_EMPTY_PATH, &attributes, sizeof attributes) < 0)
        return csb_fail(failure, CSB_STEP_MOUNT_SYS, "sys");
    return 0;
}

static int write_file(int directory, const char *name, const char *text, struct csb_failure *failure) {
    CSB_CLOSE int file = openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (file < 0) return csb_fail(failure, CSB_STEP_MAKE, name);
    int result = csb_write_all(file, text, strlen(text));
    return result < 0 ? csb_fail_with(failure, CSB_STEP_MAKE, -result, name) : 0;
}

const char *const csb_etc_files[] = {"/etc/hosts", "/etc/hostname", "/etc/resolv.conf", NULL};

static int write_etc_files(const struct csb_image_files *files, struct csb_failure *failure) {
    if (mkdir(CSB_WORKSHOP "/etc", 0755) < 0) return csb_fail(failure, CSB_STEP_MAKE, CSB_WORKSHOP "/etc");
    CSB_CLOSE int etc = open(CSB_WORKSHOP "/etc", O_PATH | O_DIRECTORY | O_CLOEXEC);
    char hosts[512], name[256];
    csb_format(hosts, sizeof hosts, "127.0.0.1\tlocalhost %s\n::1\tlocalhost ip6-localhost ip6-loopback\n",
               files->host_name);
    csb_format(name, sizeof name, "%s\n", files->host_name);
    int result = write_file(etc, "hosts", hosts, failure);
    if (result >= 0) result = write_file(etc, "hostname", name, failure);
    if (result >= 0) result = write_file(etc, "resolv.conf", files->resolver, failure);
    return result;
}

// The files of /etc that are the machine's, not the image's; a link among the image's is covered, not followed.
static int mount_etc(int root, const struct csb_image_files *files, struct csb_failure *failure) {
    int result = write_etc_files(files, failure);
    if (result < 0) return result;
    CSB_CLOSE int etc = csb_openat2(root, "etc", O_PATH | O_DIRECTORY, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
    if (etc < 0) return csb_fail_with(failure, CSB_STEP_MOUNT_POINT, -etc, "/etc");
    for (const char *const *file = csb_etc_files; *file && result >= 0; file++) {
        char source[64];
        csb_format(source, sizeof source, CSB_WORKSHOP "%s", *file);
        result = csb_bind_file(source, etc, *file + strlen("/etc/"), true, failure);
        if (result == 1) result = csb_fail_with(failure, CSB_STEP_MOUNT_POINT, ENOENT, *file);
    }
    return result;
}

int csb_mount_image_files(int root, const struct csb_image_files *files, struct csb_failure *failure) {
    int result = mount_proc(root, files->proc_shows_outside, failure);
    if (result >= 0) result = mount_dev(root, files, failure);
    if (result >= 0) result = mount_sys(root, failure);
    if (result >= 0) result = mount_etc(root, files, failure);
    return result < 0 ? result : 0;
}
