/*
 * A FUSE filesystem for the matrix of inode numbers: shows a directory, read-only, with numbers of three sorts.
 *
 *   fuse-server stable|high|counting|counting-plus DIRECTORY MOUNTPOINT
 *
 * stable: the directory's own numbers. high: the same, with the two highest bits set on all but the root. counting: what
 * libfuse counts as names are looked up. counting-plus: these also in listings.
 *
 * Lets everybody in: our program reads as a user that owns nothing. It stays in the foreground and ends with the process that started it, or once it is unmounted.
 *
 *   cc -o fuse-server fuse-server.c $(pkg-config fuse3 --cflags --libs)
 */
#define FUSE_USE_VERSION 31
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fuse.h>
#include <stdio.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/xattr.h>
#include <unistd.h>

static const char *directory;
static int counts, high, plus;

static const char *below(const char *path)
{
	static char buffer[8192];

	snprintf(buffer, sizeof(buffer), "%s%s", directory, path);
	return buffer;
}

static int getattr_(const char *path, struct stat *st, struct fuse_file_info *file)
{
	if (lstat(below(path), st) < 0)
		return -errno;
	if (high && strcmp(path, "/"))
		st->st_ino |= 0xc000000000000000ULL;
	return 0;
}

static int readdir_(const char *path, void *buffer, fuse_fill_dir_t fill, off_t offset, struct fuse_file_info *file,
		    enum fuse_readdir_flags flags)
{
	DIR *dir = opendir(below(path));
	struct dirent *entry;

	if (!dir)
		return -errno;
	while ((entry = readdir(dir))) {
		struct stat st = { 0 };
		char child[4096];

		snprintf(child, sizeof(child), "%s/%s", strcmp(path, "/") ? path : "", entry->d_name);
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			getattr_(child, &st, NULL);
		fill(buffer, entry->d_name, &st, 0, plus ? FUSE_FILL_DIR_PLUS : 0);
	}
	closedir(dir);
	return 0;
}

static int readlink_(const char *path, char *buffer, size_t size)
{
	ssize_t length = readlink(below(path), buffer, size - 1);

	if (length < 0)
		return -errno;
	buffer[length] = '\0';
	return 0;
}

static int open_(const char *path, struct fuse_file_info *file)
{
	return (file->flags & O_ACCMODE) == O_RDONLY ? 0 : -EROFS;
}

static int read_(const char *path, char *buffer, size_t size, off_t offset, struct fuse_file_info *file)
{
	int fd = open(below(path), O_RDONLY | O_NOFOLLOW);
	ssize_t length;

	if (fd < 0)
		return -errno;
	length = pread(fd, buffer, size, offset);
	if (length < 0)
		length = -errno;
	close(fd);
	return (int)length;
}

static int getxattr_(const char *path, const char *name, char *value, size_t size)
{
	ssize_t length = lgetxattr(below(path), name, value, size);

	return length < 0 ? -errno : (int)length;
}

static int listxattr_(const char *path, char *list, size_t size)
{
	ssize_t length = llistxattr(below(path), list, size);

	return length < 0 ? -errno : (int)length;
}

static void *init_(struct fuse_conn_info *connection, struct fuse_config *config)
{
	config->use_ino = !counts;
	config->readdir_ino = !counts;
	return NULL;
}

static const struct fuse_operations operations = {
	.init = init_,
	.getattr = getattr_,
	.readdir = readdir_,
	.readlink = readlink_,
	.open = open_,
	.read = read_,
	.getxattr = getxattr_,
	.listxattr = listxattr_,
};

int main(int argc, char **argv)
{
	char *arguments[] = { argv[0], "-f", "-s", "-oallow_other", argv[argc - 1], NULL };

	if (argc != 4)
		return 2;
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	counts = !strncmp(argv[1], "counting", 8);
	plus = !strcmp(argv[1], "counting-plus");
	high = !strcmp(argv[1], "high");
	directory = argv[2];
	return fuse_main(5, arguments, &operations, NULL);
}
