/* Writes down what a process does to the files of one folder, in the order in which it happens, so that a test can put
 * together what a disk would hold after a power cut at any moment. Preloaded; WEIPAY_POWER_WATCH is the folder,
 * WEIPAY_POWER_RECORD the record. While the folder holds a file named full, the disk is full. Every entry: kind, file descriptor, offset, length (8 bytes each), then the data. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static int record = -1;
static const char *folder;
static char watched[4096];

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static void setup(void) {
    if (record >= 0) return;
    folder = getenv("WEIPAY_POWER_WATCH");
    const char *path = getenv("WEIPAY_POWER_RECORD");
    if (!folder || !path) return;
    record = REAL(open)(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static void all(const void *data, size_t length) {
    while (length > 0) {
        ssize_t written = REAL(write)(record, data, length);
        if (written <= 0) abort();
        data = (const char *)data + written;
        length -= (size_t)written;
    }
}

static void note(char kind, int fd, uint64_t offset, const void *data, uint64_t length) {
    uint64_t head[4] = {(uint64_t)kind, (uint64_t)fd, offset, length};
    all(head, sizeof head);
    if (data) all(data, length);
}

static int is_watched(int fd) { return fd >= 0 && fd < (int)sizeof watched && watched[fd]; }

static int opened(int fd, const char *path) {
    setup();
    if (record >= 0 && fd >= 0 && fd < (int)sizeof watched) {
        watched[fd] = strncmp(path, folder, strlen(folder)) == 0;
        if (watched[fd]) note('O', fd, 0, path, strlen(path));
    }
    return fd;
}

/* Only what would need more room fails. */
static int is_full(int fd, off_t end) {
    char path[4096];
    size_t length = strlen(folder);
    if (length + 6 > sizeof path) return 0;
    memcpy(path, folder, length);
    memcpy(path + length, "/full", 6);
    if (access(path, F_OK) != 0) return 0;
    off_t here = lseek(fd, 0, SEEK_CUR), size = lseek(fd, 0, SEEK_END);
    lseek(fd, here, SEEK_SET);
    if (end <= size) return 0;
    errno = ENOSPC;
    return 1;
}

#define OPEN(name) \
    int name(const char *path, int flags, ...) { \
        va_list rest; va_start(rest, flags); mode_t mode = va_arg(rest, mode_t); va_end(rest); \
        pthread_mutex_lock(&turn); \
        int fd = opened(REAL(name)(path, flags, mode), path); \
        pthread_mutex_unlock(&turn); \
        return fd; \
    }
OPEN(open)
OPEN(open64)

#define PWRITE(name, type) \
    ssize_t name(int fd, const void *data, size_t length, type offset) { \
        if (!is_watched(fd)) return REAL(name)(fd, data, length, offset); \
        pthread_mutex_lock(&turn); \
        ssize_t written = is_full(fd, (off_t)offset + (off_t)length) ? -1 : REAL(name)(fd, data, length, offset); \
        if (written > 0) note('W', fd, (uint64_t)offset, data, (uint64_t)written); \
        pthread_mutex_unlock(&turn); \
        return written; \
    }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

ssize_t write(int fd, const void *data, size_t length) {
    if (!is_watched(fd)) return REAL(write)(fd, data, length);
    pthread_mutex_lock(&turn);
    off_t offset = lseek(fd, 0, SEEK_CUR);
    ssize_t written = is_full(fd, offset + (off_t)length) ? -1 : REAL(write)(fd, data, length);
    if (written > 0) note('W', fd, (uint64_t)offset, data, (uint64_t)written);
    pthread_mutex_unlock(&turn);
    return written;
}

#define TRUNCATE(name, type) \
    int name(int fd, type length) { \
        if (!is_watched(fd)) return REAL(name)(fd, length); \
        pthread_mutex_lock(&turn); \
        int result = REAL(name)(fd, length); \
        if (result == 0) note('T', fd, (uint64_t)length, NULL, 0); \
        pthread_mutex_unlock(&turn); \
        return result; \
    }
TRUNCATE(ftruncate, off_t)
TRUNCATE(ftruncate64, off64_t)

#define SYNC(name) \
    int name(int fd) { \
        if (!is_watched(fd)) return REAL(name)(fd); \
        pthread_mutex_lock(&turn); \
        int result = REAL(name)(fd); \
        if (result == 0) note('S', fd, 0, NULL, 0); \
        pthread_mutex_unlock(&turn); \
        return result; \
    }
SYNC(fsync)
SYNC(fdatasync)

int unlink(const char *path) {
    pthread_mutex_lock(&turn);
    setup();
    int result = REAL(unlink)(path);
    if (result == 0 && record >= 0 && strncmp(path, folder, strlen(folder)) == 0) note('U', 0, 0, path, strlen(path));
    pthread_mutex_unlock(&turn);
    return result;
}
