// Overlay mounts through the new mount API: no limit of a page for the options.
#include <stdio.h>

#include "internal.h"

// The directory of a volatile mount that is gone says so by work/incompat/volatile; a new mount would be refused.
// The upper is still good: it is only not good after a power loss, and then the whole temporary folder is dropped.
static void forget_volatile(const char *work) {
    CSB_CLOSE int base = open(work, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (base < 0) return;
    unlinkat(base, "work/incompat/volatile/dirty", 0);
    unlinkat(base, "work/incompat/volatile", AT_REMOVEDIR);
    unlinkat(base, "work/incompat", AT_REMOVEDIR);
}

static int set_lowers(int context, const struct csb_overlay *overlay, struct csb_failure *failure) {
    if (overlay->first_lower && fsconfig(context, FSCONFIG_SET_STRING, "lowerdir+", overlay->first_lower, 0) < 0)
        return csb_fail(failure, CSB_STEP_OVERLAY_LOWER, overlay->first_lower);
    for (const char *const *lower = overlay->lowers; *lower; lower++)
        if (fsconfig(context, FSCONFIG_SET_STRING, "lowerdir+", *lower, 0) < 0)
            return csb_fail(failure, CSB_STEP_OVERLAY_LOWER, *lower);
    if (overlay->last_lower && fsconfig(context, FSCONFIG_SET_STRING, "lowerdir+", overlay->last_lower, 0) < 0)
        return csb_fail(failure, CSB_STEP_OVERLAY_LOWER, overlay->last_lower);
    return 0;
}

static int set_upper(int context, const struct csb_overlay *overlay, struct csb_failure *failure) {
    if (!overlay->upper) return 0;
    forget_volatile(overlay->work);
    if (fsconfig(context, FSCONFIG_SET_STRING, "upperdir", overlay->upper, 0) < 0)
        return csb_fail(failure, CSB_STEP_OVERLAY_UPPER, overlay->upper);
    if (fsconfig(context, FSCONFIG_SET_STRING, "workdir", overlay->work, 0) < 0)
        return csb_fail(failure, CSB_STEP_OVERLAY_WORK, overlay->work);
    // No sync of the whole file system at unmount: the layer is read right after the step.
    if (fsconfig(context, FSCONFIG_SET_FLAG, "volatile", NULL, 0) < 0)
        return csb_fail(failure, CSB_STEP_OVERLAY_OPTION, "volatile");
    return 0;
}

// userxattr: without it a rmdir of a lower directory is EIO in a user namespace; it also switches redirect_dir and
// metacopy off, whose results no layer can hold. index: a layer must not depend on its lowers' file handles.
int csb_mount_overlay(const struct csb_overlay *overlay, struct csb_failure *failure) {
    CSB_CLOSE int context = fsopen("overlay", FSOPEN_CLOEXEC);
    if (context < 0) return csb_fail(failure, CSB_STEP_OVERLAY_OPEN, NULL);
    fsconfig(context, FSCONFIG_SET_STRING, "source", "build-all", 0);
    if (fsconfig(context, FSCONFIG_SET_FLAG, "userxattr", NULL, 0) < 0)
        return csb_fail(failure, CSB_STEP_OVERLAY_OPTION, "userxattr");
    if (fsconfig(context, FSCONFIG_SET_STRING, "index", "off", 0) < 0)
        return csb_fail(failure, CSB_STEP_OVERLAY_OPTION, "index=off");
    int result = set_lowers(context, overlay, failure);
    if (result == 0) result = set_upper(context, overlay, failure);
    if (result < 0) return result;
    if (fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
        return csb_fail(failure, CSB_STEP_OVERLAY_CREATE, overlay->upper);
    // An image may hold device nodes. In a user namespace the kernel ignores them by itself.
    int root = fsmount(context, FSMOUNT_CLOEXEC, MOUNT_ATTR_NODEV);
    if (root < 0) return csb_fail(failure, CSB_STEP_OVERLAY_CREATE, overlay->upper);
    return root;
}

int csb_open_view(const char *const *lowers, const char *upper, const char *work, struct csb_failure *failure) {
    bool single = lowers[0] && !lowers[1] && !upper;
    if (single || (!lowers[0] && upper)) {
        const char *path = single ? lowers[0] : upper;
        int root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        return root < 0 ? csb_fail(failure, CSB_STEP_OVERLAY_LOWER, path) : root;
    }
    struct csb_overlay overlay = {.lowers = lowers, .upper = upper, .work = work};
    int root = csb_mount_overlay(&overlay, failure);
    if (root < 0) return root;
    CSB_CLOSE int path_fd = root;
    int opened = openat(path_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return opened < 0 ? csb_fail(failure, CSB_STEP_OVERLAY_CREATE, upper) : opened;
}
