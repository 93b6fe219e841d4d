// Mounting over the image, in order: a target may lie in an earlier mount.
#include <linux/magic.h>
#include <sys/statfs.h>

#include "internal.h"

static int fail(const struct csb_step_mount *mount, int error, struct csb_failure *failure) {
    return csb_fail_with(failure, CSB_STEP_MOUNT, error, mount->target);
}

static bool is_image(int root, int fd) {
    struct statx of_root, of_file;
    if (statx(root, "", AT_EMPTY_PATH, STATX_MNT_ID, &of_root) < 0) return true;
    if (statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &of_file) < 0) return true;
    return of_root.stx_mnt_id == of_file.stx_mnt_id;
}

// In a mount below the target; it stays there. In a shared folder it must: removing it would take the mount away from
// another step that has one on it.
static int make_target(struct csb_walk *walk, bool is_directory) {
    char name[NAME_MAX + 1];
    int length;
    while ((length = csb_take_component(walk->missing, name)) > 0) {
        bool is_file = !is_directory && walk->missing[strspn(walk->missing, "/")] == 0;
        if (strcmp(name, ".") == 0) continue;
        if (strcmp(name, "..") == 0) return -ENOENT;
        if (is_file) {
            CSB_CLOSE int file = openat(walk->fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
            if (file < 0) return -errno;
        } else if (mkdirat(walk->fd, name, 0755) < 0 && errno != EEXIST) {
            return -errno;
        }
        int child = csb_openat2(walk->fd, name, O_PATH | O_NOFOLLOW, 0);
        if (child < 0) return child;
        close(walk->fd);
        walk->fd = child;
    }
    return length;
}

static int open_memory(const struct csb_step_mount *mount, mode_t mode) {
    char mode_text[8], size_text[24];
    const char *options[] = {"mode", mode_text, mount->size ? "size" : NULL, size_text, NULL};
    csb_format(mode_text, sizeof mode_text, "%o", mode);
    csb_format(size_text, sizeof size_text, "%llu", (unsigned long long)mount->size);
    return csb_make_filesystem("tmpfs", options, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
}

static int put_over(const struct csb_step_mount *mount, const struct csb_source *source, int target, bool was_made) {
    struct stat status;
    struct statfs system;
    if (fstat(target, &status) < 0 || fstatfs(target, &system) < 0) return -errno;
    if (system.f_type == PROC_SUPER_MAGIC) return -EPERM;
    if (S_ISDIR(status.st_mode) != source->is_directory) return source->is_directory ? -ENOTDIR : -EISDIR;
    if (mount->kind != CSB_MOUNT_MEMORY) return csb_move(source->tree, target);
    CSB_CLOSE int memory = open_memory(mount, was_made ? 01777 : status.st_mode & 07777);
    return memory < 0 ? memory : csb_move(memory, target);
}

static int mount_over(int root, const struct csb_step_mount *mount, const struct csb_source *source) {
    struct csb_walk walk = {.root = root};
    int result = csb_walk(&walk, mount->target);
    bool is_missing = result == 0 && *walk.missing;
    if (is_missing) result = is_image(root, walk.fd) ? -ENOENT : make_target(&walk, source->is_directory);
    else if (result == 0 && !*walk.place) result = -EBUSY;
    if (result == 0) result = put_over(mount, source, walk.fd, is_missing);
    close(walk.fd);
    return result;
}

int csb_mount_over_image(int root, const struct csb_mounts *mounts, struct csb_failure *failure) {
    for (size_t index = 0; index < mounts->count; index++) {
        const struct csb_step_mount *mount = &mounts->list[index];
        int result = mount_over(root, mount, &mounts->sources[index]);
        if (result < 0) return fail(mount, -result, failure);
    }
    return 0;
}
