/* row.h: the table of keys (private to the room). A row knows where its value goes in
 * a struct, how it is read, what it is when absent, and how it is explained. */
#ifndef OFFHOOK_CONF_ROW_H
#define OFFHOOK_CONF_ROW_H

#include "conf/conf.h"

#include <libconfig.h>

struct reader {
    struct conf_whole *whole;
    const char *path; /* of the file, for messages */
    char *error;      /* CONF_ERROR bytes */
    size_t told;      /* bytes of error in use */
    int err;
};

/* What mem_unref() of a conf gives back: the values, and all they point to. */
struct conf_whole {
    struct conf conf; /* first: a conf is a conf_whole */
    void **kept;
    size_t kept_count, kept_room;
};

struct row;
typedef void row_read_h(struct reader *reader, const struct row *row,
                        const config_setting_t *setting, void *field);

struct row_type {
    const char *word; /* for people */
    row_read_h *read;
};

enum row_flags {
    ROW_NEEDED = 1, /* has no default */
    ROW_LATER = 2,  /* known, but this version takes the default only */
    ROW_BUILT = 4   /* the default depends on the build: a comment in the sample */
};

struct row {
    const char *path; /* from the root, or from its application, trunk or row of the tariff */
    const struct row_type *type;
    size_t field, count;  /* offsets; count: of lists only */
    const char *standard; /* the default, as it is written in the file */
    const char *example;  /* in the sample instead of the default, or NULL */
    long low, high;       /* of numbers; of texts: bytes at most in high, 0: any */
    unsigned flags;
    const char *help;
};

extern const struct row conf_rows[], application_rows[], trunk_rows[],
    tariff_rows[]; /* end: path NULL */

extern const struct row_type type_text, type_url, type_pem, type_ncco, type_method, type_number,
    type_bool, type_listen, type_listens, type_networks, type_proxies, type_proxy, type_numbers,
    type_prefixes, type_codecs, type_own_codecs, type_prefer, type_ptime, type_ports, type_level,
    type_address, type_address6, type_srtp, type_tls_clients, type_store, type_id, type_headers,
    type_voices, type_speech_scope, type_speech_method, type_dtmf, type_timeout, type_rate,
    type_prefix, type_direction, type_digest, type_rewrite, type_identity, type_privacy,
    type_statuses, type_sip_user, type_forwards, type_routes, type_places, type_uri, type_rel100,
    type_redirect, type_refer;

/* Adds `FILE:LINE: text`. setting NULL: the file as a whole. */
void reader_tell(struct reader *reader, const config_setting_t *setting, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Memory that lives as long as the conf; NULL (and err ENOMEM) when there is none. */
void *reader_keep(struct reader *reader, size_t size);
const char *reader_keep_text(struct reader *reader, const char *text, size_t length);

/* Reads rows of a group into base. group NULL: all defaults. */
void reader_rows(struct reader *reader, const struct row *rows, const config_setting_t *group,
                 void *base);

/* Reads a list of texts, each kept as `take` makes it (value.c). */
typedef const char *row_take_h(struct reader *reader, const struct row *row,
                               const config_setting_t *setting, const char *text);
void reader_texts(struct reader *reader, const struct row *row, const config_setting_t *setting,
                  void *field, row_take_h *take);
/* Reads one of the words (NULL at the end); the spelling of the list is kept. `list` tells them. */
void reader_word(struct reader *reader, const struct row *row, const config_setting_t *setting,
                 void *field, const char *const *words, const char *list);

/* Adds the application `test` when test.* gives it numbers (test.c). */
void reader_add_test(struct reader *reader);

/* Rules between keys, after all were read. root NULL: none. */
void reader_check(struct reader *reader, const config_setting_t *root);

#endif
