#pragma once

#include "owners.h"

// System calls that Swift cannot call: variadic functions, calls without a libc wrapper, macros. Each returns what the
// call returns, with errno set.
//
// _GNU_SOURCE must not be defined here: Swift's own module of glibc is built without it, and a structure that looks
// different in two modules (fd_set) fails the build of whoever imports both.

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <linux/stat.h>
#include <spawn.h>
#include <stdint.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

static inline int clinux_openat(int dir, const char *_Nonnull path, int flags, uint32_t mode) {
    return openat(dir, path, flags | O_CLOEXEC, (mode_t)mode);
}

// openat2(2) has no wrapper in glibc 2.36.
static inline int clinux_openat2(int dir, const char *_Nonnull path, int flags, uint32_t mode, uint64_t resolve) {
    struct open_how how;
    memset(&how, 0, sizeof how);
    how.flags = (uint64_t)(flags | O_CLOEXEC);
    how.mode = mode;
    how.resolve = resolve;
    return (int)syscall(SYS_openat2, dir, path, &how, sizeof how);
}

static const uint64_t clinux_resolve_in_root = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
static const uint64_t clinux_resolve_beneath = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
static const uint64_t clinux_resolve_in_mount = RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS;
static const uint64_t clinux_resolve_no_links = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;

static const long clinux_omit_time = UTIME_OMIT;

// AT_EMPTY_PATH of <fcntl.h>, which only has it with _GNU_SOURCE.
static const int clinux_at_empty_path = 0x1000;

static const unsigned clinux_statx_btime = STATX_BTIME;

static inline int clinux_statx(int dir, const char *_Nonnull path, int flags, struct statx *_Nonnull result) {
    return (int)syscall(SYS_statx, dir, path, flags, STATX_BASIC_STATS | STATX_BTIME, result);
}

// From the current position of one file to that of another.
static inline long clinux_copy_file_range(int from, int to, size_t count) {
    return syscall(SYS_copy_file_range, from, (void *)0, to, (void *)0, count, 0);
}

// fallocate(2) with FALLOC_FL_KEEP_SIZE: glibc declares it only with _GNU_SOURCE.
static inline int clinux_reserve(int file, int64_t size) {
    return (int)syscall(SYS_fallocate, file, FALLOC_FL_KEEP_SIZE, (int64_t)0, size);
}

static inline long clinux_getdents64(int dir, void *_Nonnull buffer, size_t size) {
    return syscall(SYS_getdents64, dir, buffer, size);
}

static inline int clinux_mknodat(int dir, const char *_Nonnull path, uint32_t mode, uint32_t major, uint32_t minor) {
    return mknodat(dir, path, (mode_t)mode, makedev(major, minor));
}

static inline int clinux_renameat2(
    int from_dir, const char *_Nonnull from, int to_dir, const char *_Nonnull to, unsigned flags) {
    return (int)syscall(SYS_renameat2, from_dir, from, to_dir, to, flags);
}

static const unsigned clinux_rename_noreplace = RENAME_NOREPLACE;
static const unsigned clinux_rename_exchange = RENAME_EXCHANGE;

// SEEK_DATA and SEEK_HOLE of lseek(2), which <unistd.h> only has with _GNU_SOURCE.
static const int clinux_seek_data = 3;
static const int clinux_seek_hole = 4;

static inline int clinux_flock(int fd, int operation) { return flock(fd, operation); }

static inline int clinux_duplicate(int fd) { return fcntl(fd, F_DUPFD_CLOEXEC, 3); }

static inline int clinux_syncfs(int fd) { return (int)syscall(SYS_syncfs, fd); }

// A pseudo terminal. The standard's calls for it (posix_openpt, unlockpt, ptsname) are not in Swift's Glibc; TIOCGPTPEER
// (Linux 4.13) also opens the other end in whatever mount namespace.
static inline int clinux_open_terminal(int *_Nonnull ours, int *_Nonnull theirs) {
    int unlock = 0;
    *ours = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (*ours < 0) return -1;
    *theirs = ioctl(*ours, TIOCSPTLCK, &unlock) < 0 ? -1 : ioctl(*ours, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (*theirs >= 0) return 0;
    int saved = errno;
    close(*ours);
    errno = saved;
    return -1;
}

// A file in memory whose content is final: glibc declares the calls only with _GNU_SOURCE.
static inline int clinux_memory_file(const char *_Nonnull name) {
    return (int)syscall(SYS_memfd_create, name, 3U /* MFD_CLOEXEC | MFD_ALLOW_SEALING */);
}

static inline int clinux_seal(int fd) {
    return fcntl(fd, 1033 /* F_ADD_SEALS */, 15 /* F_SEAL_SEAL, _SHRINK, _GROW, _WRITE */);
}

// glibc declares them only with _GNU_SOURCE.
int posix_spawn_file_actions_addchdir_np(posix_spawn_file_actions_t *_Nonnull actions, const char *_Nonnull path);
int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *_Nonnull actions, int from);

// glibc has it since 2.36 only.
static inline int clinux_pidfd_open(int pid) { return (int)syscall(SYS_pidfd_open, pid, 0U); }

static inline int clinux_pipe(int *_Nonnull ends) { return (int)syscall(SYS_pipe2, ends, O_CLOEXEC); }
