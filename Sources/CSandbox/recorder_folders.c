// On `inplace` the image and the container have some folders together: those above mounts, and the root. They are root's and sticky
// on the disk, so that a step makes names in them and moves none of them. What the image says of one, its owner, mode and
// time, is said of a folder that nobody sees: the one of the same path below `folders`.
#include <stdio.h>
#include <time.h>

#include "recorder.h"

// Of an open file; -1 if it is no such folder.
int csb_open_record(const struct csb_recorder *recorder, int file, const struct statx *status) {
    char link[64], path[PATH_MAX] = "";
    bool may_be = recorder->folders >= 0 && S_ISDIR(status->stx_mode) && status->stx_uid != clinux_owner();
    if (!may_be) return -1;
    csb_format(link, sizeof link, "/proc/self/fd/%d", file);
    if (readlink(link, path, sizeof path - 1) < 0 || *path != '/') return -1;
    const char *below = path[1] ? path + 1 : ".";
    int record = csb_openat2(recorder->folders, below, O_PATH | O_DIRECTORY, RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH);
    return record < 0 ? -1 : record;
}

static bool is_later(const struct statx_timestamp *one, const struct statx_timestamp *other) {
    return one->tv_sec != other->tv_sec ? one->tv_sec > other->tv_sec : one->tv_nsec > other->tv_nsec;
}

// Changes `status`, which statx filled for the file, to what a step is told; false if that is the same.
bool csb_recorded_status(const struct csb_recorder *recorder, int file, struct statx *status) {
    struct statx recorded;
    CSB_CLOSE int record = csb_open_record(recorder, file, status);
    if (record < 0) return clinux_recorded_owner(file, "", AT_EMPTY_PATH, status);
    if (statx(record, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &recorded) < 0) return false;
    clinux_recorded_owner(record, "", AT_EMPTY_PATH, &recorded);
    status->stx_uid = recorded.stx_uid;
    status->stx_gid = recorded.stx_gid;
    status->stx_mode = recorded.stx_mode;
    // Names in the folder date it, too.
    if (is_later(&recorded.stx_ctime, &status->stx_ctime)) status->stx_mtime = recorded.stx_mtime;
    return true;
}

static bool is_newer(int record, int file) {
    struct statx recorded, status;
    if (statx(record, "", AT_EMPTY_PATH, STATX_CTIME, &recorded) < 0) return true;
    return statx(file, "", AT_EMPTY_PATH, STATX_CTIME, &status) < 0 || is_later(&recorded.stx_ctime, &status.stx_ctime);
}

// A name may have been made in the folder in the same tick of the kernel's clock: the later one decides, so it is waited
// for. Whoever goes on making names has set the time of the last of them.
int csb_date_record(int record, int file, const struct timespec times[2]) {
    const struct timespec tick = {.tv_nsec = 1000000};
    const struct timespec modified[2] = {{.tv_nsec = UTIME_OMIT}, times[1]};
    if (times[1].tv_nsec == UTIME_OMIT) return 0;
    for (int tries = 0; tries < 50; tries++) {
        if (utimensat(record, "", modified, AT_EMPTY_PATH) < 0) return -errno;
        if (is_newer(record, file)) return 0;
        nanosleep(&tick, NULL);
    }
    return 0;
}

// After another change of the record, which is the later one then. `told`: what the folder's time was.
int csb_keep_date(int record, int file, const struct statx *told) {
    const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {told->stx_mtime.tv_sec, told->stx_mtime.tv_nsec}};
    return csb_date_record(record, file, times);
}
