// In `mapped` the scheduler is nobody's root: what it made in the state folder, 0700, is handed to root of the steps, and
// taken back on a rung whose steps are seen as other ids.
#include "internal.h"

static int take(int directory, const char *name, struct csb_failure *failure) {
    struct stat status;
    if (fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT ? 0 : csb_fail(failure, CSB_STEP_TAKE_STATE, name);
    if (S_ISLNK(status.st_mode) || status.st_uid == 0) return 0;
    if (fchownat(directory, name, 0, 0, AT_SYMLINK_NOFOLLOW) == 0) return 0;
    return csb_fail(failure, CSB_STEP_TAKE_STATE, name);
}

static const char *const folders[] = {".", "layers", "mounts", "tmp", NULL};

static int take_folders(int state, struct csb_failure *failure) {
    int result = 0;
    for (const char *const *name = folders; *name && result == 0; name++) result = take(state, *name, failure);
    return result;
}

int csb_take_state(const struct csb_world *world, struct csb_failure *failure) {
    CSB_CLOSE int state = open(world->state_folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (state < 0) return csb_fail(failure, CSB_STEP_OPEN_STATE, world->state_folder);
    if (world->rung == CSB_RUNG_MAPPED) return take_folders(state, failure);
    csb_take_back(state);
    return 0;
}

// What cannot be taken back is not root's to take.
void csb_take_back(int state) {
    for (const char *const *name = folders; *name; name++) {
        struct stat status;
        bool is_found = fstatat(state, *name, &status, AT_SYMLINK_NOFOLLOW) == 0;
        if (is_found && S_ISDIR(status.st_mode) && status.st_uid == CSB_SHIFT)
            (void)!fchownat(state, *name, 0, 0, AT_SYMLINK_NOFOLLOW);
    }
}

int csb_take_path(int state, const char *path, struct csb_failure *failure) {
    char prefix[PATH_MAX];
    int result = 0;
    csb_format(prefix, sizeof prefix, "%s", path);
    for (char *end = prefix; *end && result == 0;) {
        end += strcspn(end, "/");
        char saved = *end;
        *end = 0;
        result = take(state, prefix, failure);
        *end = saved;
        end += strspn(end, "/");
    }
    return result;
}

static int take_mount(int state, const struct csb_step_mount *mount, struct csb_failure *failure) {
    bool is_one = mount->kind == CSB_MOUNT_FOLDER || mount->kind == CSB_MOUNT_SOCKET;
    int result = is_one ? csb_take_path(state, mount->layers[0], failure) : 0;
    if (result == 0 && *mount->upper) result = csb_take_path(state, mount->upper, failure);
    return result == 0 && *mount->work ? csb_take_path(state, mount->work, failure) : result;
}

int csb_take_request(const struct csb_step_request *request, struct csb_failure *failure) {
    CSB_CLOSE int state = open("/state", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (state < 0) return csb_fail(failure, CSB_STEP_OPEN_STATE, "/state");
    int result = take_folders(state, failure);
    if (result == 0) result = csb_take_path(state, request->upper, failure);
    if (result == 0) result = csb_take_path(state, request->work, failure);
    for (size_t index = 0; index < request->mount_count && result == 0; index++)
        result = take_mount(state, &request->mounts[index], failure);
    return result;
}
