// What a call of another process means: its memory, its directories.
//
// The process may change its memory while it is looked at: that only changes what it is told of itself. Nothing here
// has more power over the image than the process has.
#include <stdio.h>
#include <stdlib.h>
#include <sys/uio.h>

#include "recorder.h"

int csb_read_memory(const struct csb_notice *notice, uint64_t address, void *buffer, size_t size) {
    struct iovec here = {buffer, size}, there = {(void *)(uintptr_t)address, size};
    ssize_t count = process_vm_readv(notice->pid, &here, 1, &there, 1, 0);
    if (count < 0) return -errno;
    return (size_t)count == size ? 0 : -EFAULT;
}

int csb_write_memory(const struct csb_notice *notice, uint64_t address, const void *buffer, size_t size) {
    struct iovec here = {(void *)(uintptr_t)buffer, size}, there = {(void *)(uintptr_t)address, size};
    ssize_t count = process_vm_writev(notice->pid, &here, 1, &there, 1, 0);
    if (count < 0) return -errno;
    return (size_t)count == size ? 0 : -EFAULT;
}

// Page by page: behind a short path there may be no memory. Returns the length.
int csb_read_path(const struct csb_notice *notice, uint64_t address, char path[PATH_MAX]) {
    size_t used = 0;
    while (used < PATH_MAX) {
        size_t size = 4096 - (address + used) % 4096;
        if (size > PATH_MAX - used) size = PATH_MAX - used;
        int result = csb_read_memory(notice, address + used, path + used, size);
        if (result < 0) return result;
        const char *end = memchr(path + used, 0, size);
        if (end) return (int)(end - path);
        used += size;
    }
    return -ENAMETOOLONG;
}

// The number of the process in /proc, which may be that of a container around us.
static pid_t visible(const struct csb_notice *notice) {
    static bool differs, is_known;
    if (!is_known) {
        char self[16] = "";
        differs = readlinkat(notice->recorder->proc, "self", self, sizeof self - 1) > 0 && atoi(self) != getpid();
        is_known = true;
    }
    if (!differs) return notice->pid;
    CSB_CLOSE int pidfd = (int)syscall(SYS_pidfd_open, notice->pid, 0);
    if (pidfd < 0) return -1;
    return csb_visible_pid(pidfd);
}

int csb_open_visible(const struct csb_notice *notice, const char *what, int flags) {
    char path[64];
    csb_format(path, sizeof path, "%d/%s", visible(notice), what);
    int fd = openat(notice->recorder->proc, path, flags | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

mode_t csb_target_umask(const struct csb_notice *notice) {
    char text[1024] = "";
    CSB_CLOSE int file = csb_open_visible(notice, "status", O_RDONLY);
    if (file < 0 || csb_read(file, text, sizeof text - 1) <= 0) return 022;
    const char *line = strstr(text, "\nUmask:");
    return line ? (mode_t)strtoul(line + 7, NULL, 8) : 022;
}

// Until a process asks for another root all have this one.
static bool has_other_roots;

struct csb_verdict csb_handle_root(void) {
    has_other_roots = true;
    return csb_let_kernel();
}

static bool is_in_our_root(const struct csb_notice *notice) {
    if (!has_other_roots) return true;
    char path[64];
    struct statx status;
    csb_format(path, sizeof path, "%d/root", visible(notice));
    if (statx(notice->recorder->proc, path, 0, STATX_INO | STATX_MNT_ID, &status) < 0) return true;
    return status.stx_mnt_id == notice->recorder->root_mount && status.stx_ino == notice->recorder->root_inode;
}

static int open_base(const struct csb_notice *notice, int directory, const char *path) {
    char what[32] = "cwd";
    if (*path == '/') return csb_open_visible(notice, "root", O_PATH | O_DIRECTORY);
    if (directory != AT_FDCWD) csb_format(what, sizeof what, "fd/%d", directory);
    return csb_open_visible(notice, what, O_PATH);
}

// After a chroot of the process: its directory as a path below its root.
static int prefix_in_root(int root, int base, char *prefix, size_t size) {
    char link[64], of_root[PATH_MAX] = "", of_base[PATH_MAX] = "";
    csb_format(link, sizeof link, "/proc/self/fd/%d", root);
    if (readlink(link, of_root, sizeof of_root - 1) < 0) return -errno;
    csb_format(link, sizeof link, "/proc/self/fd/%d", base);
    if (readlink(link, of_base, sizeof of_base - 1) < 0) return -errno;
    size_t length = strlen(of_root);
    if (strncmp(of_root, of_base, length) != 0) return -EXDEV;
    csb_format(prefix, size, "%s/", of_base + length);
    return 0;
}

// What a path says behind the descriptor of the process's own that it begins with, as in /proc/self/fd/3/name; NULL: it begins otherwise.
static const char *behind_descriptor(const struct csb_notice *notice, const char *path, int *descriptor) {
    char own[32], digits[8] = "";
    csb_format(own, sizeof own, "/proc/%d/fd/", visible(notice));
    const char *const starts[] = {"/proc/self/fd/", "/proc/thread-self/fd/", "/dev/fd/", own};
    for (size_t index = 0; index < sizeof starts / sizeof *starts; index++) {
        if (strncmp(path, starts[index], strlen(starts[index])) != 0) continue;
        const char *number = path + strlen(starts[index]), *rest = number + strspn(number, "0123456789");
        if (rest == number || (size_t)(rest - number) >= sizeof digits || (*rest && *rest != '/')) return NULL;
        memcpy(digits, number, (size_t)(rest - number));
        *descriptor = atoi(digits);
        return rest;
    }
    return NULL;
}

// Such links lead elsewhere for whoever follows them, so they are not followed but looked up.
static int open_by_descriptor(const struct csb_notice *notice, int descriptor, const char *rest, uint64_t flags) {
    char what[32];
    csb_format(what, sizeof what, "fd/%d", descriptor);
    CSB_CLOSE int base = csb_open_visible(notice, what, O_PATH);
    while (*rest == '/') rest++;
    return base < 0 ? base : csb_openat2(base, *rest ? rest : ".", flags, RESOLVE_NO_MAGICLINKS);
}

static int open_path(const struct csb_notice *notice, int directory, const char *path, uint64_t flags) {
    int descriptor;
    bool is_ours = is_in_our_root(notice);
    bool may_be = is_ours && (strncmp(path, "/proc/", 6) == 0 || strncmp(path, "/dev/fd/", 8) == 0);
    const char *rest = may_be ? behind_descriptor(notice, path, &descriptor) : NULL;
    // Itself it is a link in /proc, the kernel's.
    if (rest && !*rest) return flags & O_NOFOLLOW ? -ELOOP : open_base(notice, descriptor, "");
    if (rest) return open_by_descriptor(notice, descriptor, rest, flags);
    if (!*path) return directory == AT_FDCWD ? csb_open_visible(notice, "cwd", O_PATH) : open_base(notice, directory, "");
    if (is_ours && *path == '/') return csb_openat2(AT_FDCWD, path, flags, RESOLVE_NO_MAGICLINKS);
    CSB_CLOSE int base = open_base(notice, directory, path);
    if (base < 0 || is_ours) return base < 0 ? base : csb_openat2(base, path, flags, RESOLVE_NO_MAGICLINKS);
    char whole[2 * PATH_MAX];
    CSB_CLOSE int root = csb_open_visible(notice, "root", O_PATH | O_DIRECTORY);
    if (root < 0) return root;
    int result = *path == '/' ? 0 : prefix_in_root(root, base, whole, PATH_MAX);
    if (result < 0) return result;
    size_t used = *path == '/' ? 0 : strlen(whole);
    csb_format(whole + used, sizeof whole - used, "%s", path);
    return csb_openat2(root, whole, flags, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
}

// A handle of what a path of the process leads to; an empty path is `directory` itself.
int csb_open_target(const struct csb_notice *notice, int directory, const char *path, bool follows) {
    return open_path(notice, directory, path, O_PATH | (follows ? 0 : O_NOFOLLOW));
}

// A handle of the directory that a new name is made in, and that name.
int csb_open_parent(const struct csb_notice *notice, int directory, const char *path, char name[NAME_MAX + 1]) {
    char parent[PATH_MAX];
    csb_format(parent, sizeof parent, "%s", path);
    size_t length = strlen(parent);
    while (length > 1 && parent[length - 1] == '/') parent[--length] = 0;
    char *slash = strrchr(parent, '/');
    const char *last = slash ? slash + 1 : parent;
    if (!*last || strlen(last) > NAME_MAX || strcmp(last, ".") == 0 || strcmp(last, "..") == 0) return -EINVAL;
    strcpy(name, last);
    if (!slash) csb_format(parent, sizeof parent, ".");
    else if (slash == parent) parent[1] = 0;
    else *slash = 0;
    return open_path(notice, directory, parent, O_PATH | O_DIRECTORY);
}
