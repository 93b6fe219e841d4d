// New files belong to who makes them, or to the group of a directory that says so. Everything that root makes in other
// directories the kernel makes right by itself.
#include <linux/seccomp.h>
#include <sys/ioctl.h>

#include "recorder.h"

enum { TEMPORARY = 020000000 /* __O_TMPFILE */ };

struct making {
    int directory;
    char path[PATH_MAX];
    char target[PATH_MAX];  // of a link
    uint64_t flags;         // of open
    uint64_t mode;
    uint64_t device;
};

static int take_open2(const struct csb_notice *notice, struct making *making) {
    struct open_how how;
    if (notice->arguments[3] < sizeof how) return -EINVAL;
    int result = csb_read_memory(notice, notice->arguments[2], &how, sizeof how);
    if (result < 0 || how.resolve) return -EINVAL;
    making->flags = how.flags;
    making->mode = how.mode;
    return 0;
}

// Which argument is what.
static int take(const struct csb_notice *notice, struct making *making) {
    const uint64_t *values = notice->arguments;
    int path = 1, result = 0;
    making->directory = (int)values[0];
    switch (notice->call) {
    case SYS_openat: making->flags = values[2], making->mode = values[3]; break;
    case SYS_openat2: result = take_open2(notice, making); break;
    case SYS_mkdirat: making->mode = values[2]; break;
    case SYS_mknodat: making->mode = values[2], making->device = values[3]; break;
    case SYS_symlinkat:
        making->directory = (int)values[1], path = 2;
        result = csb_read_path(notice, values[0], making->target);
        break;
#ifdef SYS_chown
    case SYS_open: making->directory = AT_FDCWD, path = 0, making->flags = values[1], making->mode = values[2]; break;
    case SYS_creat:
        making->directory = AT_FDCWD, path = 0, making->flags = O_CREAT | O_WRONLY | O_TRUNC, making->mode = values[1];
        break;
    case SYS_mkdir: making->directory = AT_FDCWD, path = 0, making->mode = values[1]; break;
    case SYS_mknod:
        making->directory = AT_FDCWD, path = 0, making->mode = values[1], making->device = values[2];
        break;
    case SYS_symlink:
        making->directory = AT_FDCWD, path = 1;
        result = csb_read_path(notice, values[0], making->target);
        break;
#endif
    default: return -EINVAL;
    }
    return result < 0 ? result : csb_read_path(notice, values[path], making->path);
}

static int kind_of(int call) {
    switch (call) {
#ifdef SYS_chown
    case SYS_mkdir: return SYS_mkdirat;
    case SYS_mknod: return SYS_mknodat;
    case SYS_symlink: return SYS_symlinkat;
#endif
    case SYS_mkdirat:
    case SYS_mknodat:
    case SYS_symlinkat: return call;
    default: return SYS_openat;
    }
}

// What `inplace` records of a mode, because root of the step is not the kernel's: 0 if nothing.
static uint32_t denied(const struct csb_notice *notice, const struct making *making) {
    if (!clinux_owner() || kind_of(notice->call) == SYS_symlinkat) return 0;
    uint32_t needed = kind_of(notice->call) == SYS_mkdirat ? 0700 : 0600;
    return needed & ~(uint32_t)(making->mode & ~(uint64_t)csb_target_umask(notice));
}

// Returns a descriptor of an open file, or 0.
static int make(const struct csb_notice *notice, const struct making *making, int parent, const char *name) {
    int result = 0;
    uint32_t more = denied(notice, making);
    mode_t mode = (mode_t)making->mode | more, before = umask(csb_target_umask(notice) & ~more);
    switch (kind_of(notice->call)) {
    case SYS_mkdirat: result = mkdirat(parent, name, mode); break;
    case SYS_mknodat: result = mknodat(parent, name, mode, (dev_t)making->device); break;
    case SYS_symlinkat: result = symlinkat(making->target, parent, name); break;
    default: {
        bool is_temporary = making->flags & TEMPORARY;
        int flags = (int)(making->flags & ~(uint64_t)O_TRUNC) | O_CLOEXEC | (is_temporary ? 0 : O_EXCL | O_NOFOLLOW);
        result = openat(parent, is_temporary ? "." : name, flags, mode);
    }
    }
    int error = errno;
    umask(before);
    return result < 0 ? -error : result;
}

static struct csb_verdict hand_over(const struct csb_notice *notice, int file, uint64_t flags) {
    struct seccomp_notif_addfd given = {.id = notice->id,
                                        .flags = SECCOMP_ADDFD_FLAG_SEND,
                                        .srcfd = (uint32_t)file,
                                        .newfd_flags = flags & O_CLOEXEC};
    if (ioctl(notice->recorder->listener, SECCOMP_IOCTL_NOTIF_ADDFD, &given) < 0) return csb_answer(-errno);
    return (struct csb_verdict){.is_sent = true};
}

static int record(const struct csb_notice *notice, const struct making *making, int directory, const char *name,
                  uint32_t gid, int flags) {
    if (clinux_record_owner(directory, name, notice->who.file_uid, gid, flags) < 0 && errno != EOPNOTSUPP) return -errno;
    if (!denied(notice, making)) return 0;
    uint32_t mode = (uint32_t)making->mode & 07777 & ~csb_target_umask(notice);
    return clinux_set_mode(directory, name, mode, flags) < 0 && errno != EOPNOTSUPP ? -errno : 0;
}

static struct csb_verdict make_owned(const struct csb_notice *notice, const struct making *making, int parent,
                                     const char *name, const struct statx *above) {
    struct statx existing;
    uint32_t gid = above->stx_mode & S_ISGID ? above->stx_gid : notice->who.file_gid;
    bool is_open = kind_of(notice->call) == SYS_openat, is_temporary = is_open && making->flags & TEMPORARY;
    // What is there already is opened, or refused, by the kernel.
    if (!is_temporary && statx(parent, name, AT_SYMLINK_NOFOLLOW, STATX_TYPE, &existing) == 0) return csb_let_kernel();
    CSB_CLOSE int made = make(notice, making, parent, name);
    if (made < 0) return made == -EEXIST ? csb_let_kernel() : csb_answer(made);
    if (!is_open) {
        made = -1;
        return csb_answer(record(notice, making, parent, name, gid, AT_SYMLINK_NOFOLLOW));
    }
    int result = record(notice, making, made, "", gid, AT_EMPTY_PATH);
    return result < 0 ? csb_answer(result) : hand_over(notice, made, making->flags);
}

struct csb_verdict csb_handle_making(struct csb_notice *notice) {
    static struct making making;
    char name[NAME_MAX + 1] = "";
    struct statx above;
    making = (struct making){0};
    if (take(notice, &making) < 0) return csb_let_kernel();
    bool is_open = kind_of(notice->call) == SYS_openat;
    if (is_open && !(making.flags & (O_CREAT | TEMPORARY))) return csb_let_kernel();
    bool is_temporary = is_open && making.flags & TEMPORARY;
    CSB_CLOSE int parent = is_temporary ? csb_open_target(notice, making.directory, making.path, true)
                                        : csb_open_parent(notice, making.directory, making.path, name);
    if (parent < 0 || statx(parent, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &above) < 0) return csb_let_kernel();
    csb_recorded_status(notice->recorder, parent, &above);
    bool inherits = above.stx_mode & S_ISGID && above.stx_gid != notice->who.file_gid;
    bool is_roots = notice->who.file_uid == 0 && notice->who.file_gid == 0 && !inherits;
    if (is_roots && !denied(notice, &making)) return csb_let_kernel();
    return make_owned(notice, &making, parent, name, &above);
}
