/* tls_kept.c: see tls_kept.h. A socket is known by its inode, since its number is soon another's.
 *
 * At the end Sofia frees the BIO that it gave to the connection, and a reference to the context,
 * though both are the connection's. So that gets a BIO and a reference of its own. */
#include "ua/tls_kept.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>

struct kept {
    struct list node;
    SSL *ssl;
    int fd;
    ino_t inode;
};

static int slot = -1;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void on_free(void *parent, void *at, CRYPTO_EX_DATA *data, int index, long argl, void *argp)
{
    struct kept *one = at;

    (void)parent;
    (void)data;
    (void)index;
    (void)argl;
    (void)argp;
    if (!one)
        return;
    list_remove(&one->node);
    free(one);
}

static void make_slot(void)
{
    slot = SSL_get_ex_new_index(0, NULL, NULL, NULL, on_free);
}

void kept_init(struct tls_kept *kept)
{
    list_init(&kept->list);
    pthread_once(&once, make_slot);
}

static ino_t inode_of(int fd)
{
    struct stat st;

    return fstat(fd, &st) ? 0 : st.st_ino;
}

static bool take_own_bio(SSL *ssl, int fd)
{
    BIO *own = BIO_new_socket(fd, BIO_NOCLOSE);

    if (!own)
        return false;
    BIO_up_ref(SSL_get_rbio(ssl));
    SSL_set_bio(ssl, own, own);
    return true;
}

void kept_add(struct tls_kept *kept, SSL *ssl)
{
    int fd = SSL_get_fd(ssl);
    struct kept *one = fd < 0 || slot < 0 ? NULL : malloc(sizeof *one);

    if (!one)
        return;
    *one = (struct kept){.ssl = ssl, .fd = fd, .inode = inode_of(fd)};
    if (!one->inode || !take_own_bio(ssl, fd) || SSL_set_ex_data(ssl, slot, one) != 1) {
        free(one);
        return;
    }
    SSL_CTX_up_ref(SSL_get_SSL_CTX(ssl)); /* Sofia gives one back that it never took */
    list_append(&kept->list, &one->node);
}

void kept_sweep(struct tls_kept *kept, bool all)
{
    struct list *at = kept->list.next;

    while (at != &kept->list) {
        struct kept *one = list_entry(at, struct kept, node);

        at = at->next;
        if (all || inode_of(one->fd) != one->inode)
            SSL_free(one->ssl); /* and so the entry, on_free() */
    }
}
