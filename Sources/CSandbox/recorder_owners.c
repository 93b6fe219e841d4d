// chown is recorded, stat tells it, and links keep it when they are dated.
#include "recorder.h"

// Where the parts of a call are among its arguments; -1: it has none.
struct form {
    int call, directory, path, flags, rest;
    int fixed_flags;
};
static const struct form forms[] = {
    {SYS_fchown, 0, -1, -1, 1, AT_EMPTY_PATH},
    {SYS_fchownat, 0, 1, 4, 2, 0},
    {SYS_fstat, 0, -1, -1, 1, AT_EMPTY_PATH},
    {SYS_newfstatat, 0, 1, 3, 2, 0},
    {SYS_statx, 0, 1, 2, 4, 0},
    {SYS_utimensat, 0, 1, 3, 2, 0},
#ifdef SYS_chown
    {SYS_chown, -1, 0, -1, 1, 0},
    {SYS_lchown, -1, 0, -1, 1, AT_SYMLINK_NOFOLLOW},
    {SYS_stat, -1, 0, -1, 1, 0},
    {SYS_lstat, -1, 0, -1, 1, AT_SYMLINK_NOFOLLOW},
#endif
};

static const struct form *form_of(int call) {
    for (size_t index = 0; index < sizeof forms / sizeof *forms; index++)
        if (forms[index].call == call) return &forms[index];
    return NULL;
}

static int open_named(const struct csb_notice *notice, const struct form *form) {
    char path[PATH_MAX] = "";
    int flags = form->flags < 0 ? form->fixed_flags : (int)notice->arguments[form->flags];
    // A null path with AT_EMPTY_PATH is the descriptor (Linux 6.11).
    bool has_path = form->path >= 0 && notice->arguments[form->path];
    int length = has_path ? csb_read_path(notice, notice->arguments[form->path], path) : 0;
    if (length < 0) return length;
    if (length == 0 && !(flags & AT_EMPTY_PATH)) return -ENOENT;
    int directory = form->directory < 0 ? AT_FDCWD : (int)notice->arguments[form->directory];
    return csb_open_target(notice, directory, path, !(flags & AT_SYMLINK_NOFOLLOW));
}

static bool is_member(const struct csb_identity *who, uint32_t gid) {
    if (gid == who->file_gid) return true;
    for (uint32_t index = 0; index < who->group_count; index++)
        if (who->groups[index] == gid) return true;
    return false;
}

// Who is not root may give a file of its own to a group of its own.
static bool may_change(const struct csb_identity *who, const struct statx *status, uint32_t uid, uint32_t gid) {
    if (who->effective_uid == 0) return true;
    if (status->stx_uid != who->file_uid) return false;
    return (uid == UINT32_MAX || uid == status->stx_uid) && (gid == UINT32_MAX || is_member(who, gid));
}

static struct csb_verdict change_owner(const struct csb_notice *notice, int file, const struct form *form,
                                       struct statx *status) {
    uint32_t uid = (uint32_t)notice->arguments[form->rest], gid = (uint32_t)notice->arguments[form->rest + 1];
    clinux_recorded_owner(file, "", AT_EMPTY_PATH, status);
    if (!may_change(&notice->who, status, uid, gid)) return csb_answer(-EPERM);
    int result = clinux_record_owner(file, "", uid, gid, AT_EMPTY_PATH);
    return csb_answer(result < 0 ? -errno : 0);
}

static struct csb_verdict tell_statx(const struct csb_notice *notice, int file, const struct statx *owner) {
    struct statx answer;
    int flags = AT_EMPTY_PATH | ((int)notice->arguments[2] & AT_STATX_SYNC_TYPE);
    if (statx(file, "", flags, (unsigned)notice->arguments[3], &answer) < 0) return csb_answer(-errno);
    answer.stx_uid = owner->stx_uid;
    answer.stx_gid = owner->stx_gid;
    return csb_answer(csb_write_memory(notice, notice->arguments[4], &answer, sizeof answer));
}

static struct csb_verdict tell_stat(const struct csb_notice *notice, int file, const struct form *form,
                                    const struct statx *owner) {
    struct stat answer;
    if (fstatat(file, "", &answer, AT_EMPTY_PATH) < 0) return csb_answer(-errno);
    answer.st_uid = owner->stx_uid;
    answer.st_gid = owner->stx_gid;
    return csb_answer(csb_write_memory(notice, notice->arguments[form->rest], &answer, sizeof answer));
}

// The access time of a link is its owner's.
static struct csb_verdict date(const struct csb_notice *notice, int file) {
    struct timespec times[2] = {{.tv_nsec = UTIME_NOW}, {.tv_nsec = UTIME_NOW}};
    if (!notice->is_native) return csb_let_kernel();
    int result = notice->arguments[2] ? csb_read_memory(notice, notice->arguments[2], times, sizeof times) : 0;
    if (result < 0) return csb_answer(result);
    times[0].tv_nsec = UTIME_OMIT;
    return csb_answer(utimensat(file, "", times, AT_EMPTY_PATH) < 0 ? -errno : 0);
}

struct csb_verdict csb_handle_owners(struct csb_notice *notice) {
    const struct form *form = form_of(notice->call);
    struct statx status;
    CSB_CLOSE int file = form ? open_named(notice, form) : -EINVAL;
    // What fails here fails in the kernel too, and it knows best how.
    if (file < 0 || statx(file, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &status) < 0) return csb_let_kernel();
    if (status.stx_dev_major == notice->recorder->proc_device >> 32 &&
        status.stx_dev_minor == (uint32_t)notice->recorder->proc_device)
        return csb_let_kernel();
    bool is_chown = notice->call == SYS_fchown || notice->call == SYS_fchownat;
#ifdef SYS_chown
    is_chown = is_chown || notice->call == SYS_chown || notice->call == SYS_lchown;
#endif
    if (is_chown) return change_owner(notice, file, form, &status);
    if (!clinux_recorded_owner(file, "", AT_EMPTY_PATH, &status)) return csb_let_kernel();
    if (notice->call == SYS_utimensat)
        return S_ISREG(status.stx_mode) || S_ISDIR(status.stx_mode) ? csb_let_kernel() : date(notice, file);
    if (notice->call == SYS_statx) return tell_statx(notice, file, &status);
    return tell_stat(notice, file, form, &status);
}
