// Mount points that an image lacks. They come from one more lower layer, in memory and nearest to the image, so nothing
// is made in the step's upper directory and nothing has to be removed after it. That layer has the missing names and,
// with the image's own metadata, the directories above them: no whiteout below it hides a mount point, and a directory
// that the step changes is copied up as the image has it.
#include <sys/xattr.h>

#include "internal.h"

static const char points_path[] = CSB_WORKSHOP "/points";

static bool is_copied(const char *name) {
    return strncmp(name, "user.", 5) == 0 || strncmp(name, "system.", 7) == 0;
}

static int copy_attributes(int source, int target) {
    char names[16384], value[65536];
    ssize_t length = flistxattr(source, names, sizeof names);
    if (length < 0) return errno == EOPNOTSUPP ? 0 : -errno;
    for (const char *name = names; name < names + length; name += strlen(name) + 1) {
        if (!is_copied(name)) continue;
        ssize_t size = fgetxattr(source, name, value, sizeof value);
        if (size < 0 || fsetxattr(target, name, value, (size_t)size, 0) < 0) return -errno;
    }
    return 0;
}

static int copy_metadata(int source, int target) {
    struct stat status;
    if (fstat(source, &status) < 0 || fchown(target, status.st_uid, status.st_gid) < 0) return -errno;
    if (fchmod(target, status.st_mode & 07777) < 0) return -errno;
    return copy_attributes(source, target);
}

static int copy_times(int source, int target) {
    struct stat status;
    if (fstat(source, &status) < 0) return -errno;
    struct timespec times[2] = {status.st_atim, status.st_mtim};
    return futimens(target, times) < 0 ? -errno : 0;
}

// Goes to the directory `name` below `*directory`, which is made where it is missing.
static int enter(int *directory, const char *name, mode_t mode) {
    bool made = mkdirat(*directory, name, mode) == 0;
    if (!made && errno != EEXIST) return -errno;
    int child = openat(*directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (child < 0) return -errno;
    close(*directory);
    *directory = child;
    return made && fchmod(child, mode) < 0 ? -errno : 0;
}

// Calls `copy` with each directory that the image has on the way to the point, and its twin among the points.
static int twin_parents(const struct csb_walk *walk, int *directory, int (*copy)(int source, int target)) {
    char rest[PATH_MAX], name[NAME_MAX + 1], *place = rest;
    strcpy(rest, walk->place);
    CSB_CLOSE int source = csb_openat2(walk->root, ".", O_PATH, 0);
    int length;
    while ((length = csb_take_component(place, name)) > 0) {
        int next = openat(source, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (next < 0) return -errno;
        close(source);
        source = next;
        int result = enter(directory, name, 0700);
        if (result == 0) result = copy(source, *directory);
        if (result < 0) return result;
    }
    return length;
}

static int make_missing(const struct csb_walk *walk, int *directory, mode_t mode) {
    char rest[PATH_MAX], name[NAME_MAX + 1];
    strcpy(rest, walk->missing);
    int length;
    while ((length = csb_take_component(rest, name)) > 0) {
        bool is_last = rest[strspn(rest, "/")] == 0;
        if (strcmp(name, ".") == 0) continue;
        if (strcmp(name, "..") == 0) return -ENOENT;
        if (!is_last || S_ISDIR(mode)) {
            int result = enter(directory, name, is_last ? mode & 07777 : 0755);
            if (result < 0) return result;
            continue;
        }
        CSB_CLOSE int file = openat(*directory, name, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);
        if (file < 0) return -errno;
    }
    return length;
}

struct point {
    const char *target;
    mode_t mode;  // with the type
    bool covers_link;
};

enum pass { MAKE, RESTORE_TIMES };

// 1: the image lacks the point, and it is there now. A path that leads nowhere is told when it is mounted on: only then
// are the mounts below it there.
static int add_point(int root, const struct point *point, enum pass pass, struct csb_failure *failure) {
    CSB_CLOSE int directory = open(points_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0) return csb_fail(failure, CSB_STEP_MAKE, points_path);
    struct csb_walk walk = {.root = root, .covers_link = point->covers_link};
    int result = csb_walk(&walk, point->target);
    CSB_CLOSE int found = walk.fd;
    if (result < 0 || !*walk.missing) return 0;
    result = twin_parents(&walk, &directory, pass == MAKE ? copy_metadata : copy_times);
    if (result == 0 && pass == MAKE) result = make_missing(&walk, &directory, point->mode);
    return result < 0 ? csb_fail_with(failure, CSB_STEP_MOUNT_POINT, -result, point->target) : 1;
}

static struct point point_of(const struct csb_mounts *mounts, size_t index) {
    const struct csb_step_mount *mount = &mounts->list[index];
    mode_t mode = !mounts->sources[index].is_directory ? S_IFREG : S_IFDIR | (mount->kind == CSB_MOUNT_MEMORY ? 01777 : 0755);
    return (struct point){.target = mount->target, .mode = mode};
}

static int add_points(int root, const struct csb_mounts *mounts, enum pass pass, struct csb_failure *failure) {
    int result = 0, added = 0;
    for (const char *const *file = csb_etc_files; *file && result >= 0; file++) {
        struct point point = {.target = *file, .mode = S_IFREG, .covers_link = true};
        result = add_point(root, &point, pass, failure);
        added += result > 0;
    }
    for (size_t index = 0; index < mounts->count && result >= 0; index++) {
        struct point point = point_of(mounts, index);
        result = add_point(root, &point, pass, failure);
        added += result > 0;
    }
    return result < 0 ? result : added;
}

// The image as an overlay that has every mount point. It is looked at first as it is.
int csb_mount_image(const struct csb_overlay *overlay, const struct csb_mounts *mounts, struct csb_failure *failure) {
    CSB_CLOSE int bare = csb_mount_overlay(overlay, failure);
    if (bare < 0) return bare;
    int added = add_points(bare, mounts, MAKE, failure);
    if (added > 0) added = add_points(bare, mounts, RESTORE_TIMES, failure);
    if (added < 0) return added;
    int root = bare;
    bare = -1;
    if (added == 0) return root;
    close(root);
    struct csb_overlay complete = *overlay;
    complete.first_lower = points_path;
    return csb_mount_overlay(&complete, failure);
}
