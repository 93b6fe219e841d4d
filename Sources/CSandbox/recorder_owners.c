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
#ifdef SYS_utime
    {SYS_utime, -1, 0, -1, 1, 0},
    {SYS_utimes, -1, 0, -1, 1, 0},
    {SYS_futimesat, 0, 1, -1, 2, 0},
#endif
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

static bool is_dating(int call) {
#ifdef SYS_utime
    if (call == SYS_utime || call == SYS_utimes || call == SYS_futimesat) return true;
#endif
    return call == SYS_utimensat;
}

static int open_named(const struct csb_notice *notice, const struct form *form) {
    char path[PATH_MAX] = "";
    int flags = form->flags < 0 ? form->fixed_flags : (int)notice->arguments[form->flags];
    // A null path is the descriptor: where times are set, with AT_EMPTY_PATH elsewhere (Linux 6.11).
    bool has_path = form->path >= 0 && notice->arguments[form->path];
    if (!has_path && form->directory >= 0 && is_dating(notice->call)) flags |= AT_EMPTY_PATH;
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

// What a change is of: a file, or the record of a folder that is root's on the disk.
struct object {
    int file;
    int record;  // or -1
    struct statx told;
};

static int held(const struct object *object) { return object->record < 0 ? object->file : object->record; }

static struct csb_verdict change_owner(const struct csb_notice *notice, const struct object *object, const struct form *form) {
    uint32_t uid = (uint32_t)notice->arguments[form->rest], gid = (uint32_t)notice->arguments[form->rest + 1];
    if (!may_change(&notice->who, &object->told, uid, gid)) return csb_answer(-EPERM);
    int result = clinux_record_owner(held(object), "", uid, gid, AT_EMPTY_PATH);
    if (result < 0) return csb_answer(errno != EOPNOTSUPP ? -errno : 0);
    return csb_answer(object->record < 0 ? 0 : csb_keep_date(object->record, object->file, &object->told));
}

static struct csb_verdict tell_statx(const struct csb_notice *notice, int file, const struct statx *owner) {
    struct statx answer;
    int flags = AT_EMPTY_PATH | ((int)notice->arguments[2] & AT_STATX_SYNC_TYPE);
    if (statx(file, "", flags, (unsigned)notice->arguments[3], &answer) < 0) return csb_answer(-errno);
    answer.stx_uid = owner->stx_uid;
    answer.stx_gid = owner->stx_gid;
    answer.stx_mode = owner->stx_mode;
    answer.stx_mtime = owner->stx_mtime;
    return csb_answer(csb_write_memory(notice, notice->arguments[4], &answer, sizeof answer));
}

static struct csb_verdict tell_stat(const struct csb_notice *notice, int file, const struct form *form,
                                    const struct statx *owner) {
    struct stat answer;
    if (fstatat(file, "", &answer, AT_EMPTY_PATH) < 0) return csb_answer(-errno);
    answer.st_uid = owner->stx_uid;
    answer.st_gid = owner->stx_gid;
    answer.st_mode = owner->stx_mode;
    answer.st_mtim = (struct timespec){owner->stx_mtime.tv_sec, owner->stx_mtime.tv_nsec};
    return csb_answer(csb_write_memory(notice, notice->arguments[form->rest], &answer, sizeof answer));
}

// The calls of before utimensat have microseconds or seconds, for the processes of old libraries.
static int read_times(const struct csb_notice *notice, const struct form *form, struct timespec times[2]) {
    uint64_t address = notice->arguments[form->rest];
    times[0] = times[1] = (struct timespec){.tv_nsec = UTIME_NOW};
    if (!address) return 0;
    if (notice->call == SYS_utimensat) return csb_read_memory(notice, address, times, 2 * sizeof *times);
    int64_t values[4] = {0};
#ifdef SYS_utime
    if (notice->call == SYS_utime) {
        int result = csb_read_memory(notice, address, values, 2 * sizeof *values);
        times[1] = (struct timespec){.tv_sec = values[1]};
        return result;
    }
#endif
    int result = csb_read_memory(notice, address, values, sizeof values);
    times[1] = (struct timespec){.tv_sec = values[2], .tv_nsec = values[3] * 1000};
    return result;
}

// The access time of a link is its owner's, that of a folder nobody needs.
static struct csb_verdict date(const struct csb_notice *notice, const struct object *object, const struct form *form) {
    struct timespec times[2];
    if (!notice->is_native) return csb_let_kernel();
    int result = read_times(notice, form, times);
    if (result < 0) return csb_answer(result);
    times[0].tv_nsec = UTIME_OMIT;
    if (object->record < 0) return csb_answer(utimensat(object->file, "", times, AT_EMPTY_PATH) < 0 ? -errno : 0);
    bool is_owner = notice->who.effective_uid == 0 || object->told.stx_uid == notice->who.file_uid;
    return is_owner ? csb_answer(csb_date_record(object->record, object->file, times)) : csb_let_kernel();
}

static bool is_chown(int call) {
#ifdef SYS_chown
    if (call == SYS_chown || call == SYS_lchown) return true;
#endif
    return call == SYS_fchown || call == SYS_fchownat;
}

static bool is_of_proc(const struct csb_notice *notice, const struct statx *status) {
    return status->stx_dev_major == notice->recorder->proc_device >> 32 &&
           status->stx_dev_minor == (uint32_t)notice->recorder->proc_device;
}

static struct csb_verdict change(const struct csb_notice *notice, struct object *object, const struct form *form) {
    bool is_recorded = csb_recorded_status(notice->recorder, object->file, &object->told);
    if (is_chown(notice->call)) return change_owner(notice, object, form);
    bool has_attributes = S_ISREG(object->told.stx_mode) || S_ISDIR(object->told.stx_mode);
    return is_recorded && (object->record >= 0 || !has_attributes) ? date(notice, object, form) : csb_let_kernel();
}

struct csb_verdict csb_handle_owners(struct csb_notice *notice) {
    const struct form *form = form_of(notice->call);
    struct statx status;
    CSB_CLOSE int file = form ? open_named(notice, form) : -EINVAL;
    // What fails here fails in the kernel too, and it knows best how.
    if (file < 0 || statx(file, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &status) < 0) return csb_let_kernel();
    if (is_of_proc(notice, &status)) return csb_let_kernel();
    if (is_chown(notice->call) || is_dating(notice->call)) {
        CSB_CLOSE int record = csb_open_record(notice->recorder, file, &status);
        struct object object = {file, record, status};
        return change(notice, &object, form);
    }
    if (!csb_recorded_status(notice->recorder, file, &status)) return csb_let_kernel();
    if (notice->call == SYS_statx) return tell_statx(notice, file, &status);
    return tell_stat(notice, file, form, &status);
}
