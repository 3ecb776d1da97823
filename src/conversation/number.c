/* number.c: telephone numbers linked to applications over the API. They stand before
 * those of the configuration file. */
#include "conversation/private.h"
#include "base/clock.h"
#include "json/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct number *find(const struct bridge *bridge, const char *msisdn)
{
    struct number *number = NULL;

    HASH_FIND_STR(bridge->numbers, msisdn, number);
    return number;
}

static void drop(struct bridge *bridge, struct number *number)
{
    HASH_DEL(bridge->numbers, number);
    json_decref(number->data);
    free(number);
}

void numbers_free(struct bridge *bridge)
{
    struct number *number, *next;

    HASH_ITER (hh, bridge->numbers, number, next)
        drop(bridge, number);
}

struct application *number_owner(const struct bridge *bridge, const char *digits)
{
    const struct number *number = find(bridge, digits);

    return number && number->application && number->application->conf ? number->application : NULL;
}

/* As it is to be: linked to this application, with these settings. */
static int save(const struct bridge *bridge, const struct number *number, const char *country,
                const struct application *application, const json_t *data)
{
    char *text = data ? json_text(data) : NULL;
    struct store_number row = {
        .msisdn = number->msisdn,
        .country = country,
        .application = application ? application->id : NULL,
        .data = text,
        .created = number->created,
    };
    int err = data && !text ? ENOMEM : store_number_put(bridge->store, &row);

    free(text);
    return err;
}

static int make(struct bridge *bridge, const char *msisdn, struct number **numberp)
{
    struct number *number;

    if (strlen(msisdn) >= sizeof number->msisdn || !*msisdn)
        return EINVAL;
    number = calloc(1, sizeof *number);
    if (!number)
        return ENOMEM;
    memcpy(number->msisdn, msisdn, strlen(msisdn));
    number->created = clock_wall_ms();
    HASH_ADD_STR(bridge->numbers, msisdn, number);
    if (!number->hh.tbl) {
        free(number);
        return ENOMEM;
    }
    *numberp = number;
    return 0;
}

int number_put(struct bridge *bridge, const char *msisdn, const char *country,
               struct application *application, const json_t *data)
{
    struct number *number = find(bridge, msisdn);
    bool is_new = !number;
    json_t *copy = data ? json_deep_copy(data) : NULL;
    int err = data && !copy ? ENOMEM : 0;

    if (!err && is_new)
        err = make(bridge, msisdn, &number);
    if (!err) {
        err = save(bridge, number, country ? country : number->country, application, copy);
        if (err && is_new)
            drop(bridge, number);
    }
    if (err) {
        json_decref(copy);
        return err;
    }
    if (country)
        snprintf(number->country, sizeof number->country, "%s", country);
    json_decref(number->data);
    number->data = copy;
    number->application = application;
    return 0;
}

int number_revive(struct bridge *bridge, const struct store_number *row)
{
    struct number *number;
    int err = make(bridge, row->msisdn, &number);

    if (err)
        return err;
    snprintf(number->country, sizeof number->country, "%s", row->country ? row->country : "");
    number->created = row->created;
    number->data = row->data ? json_loads(row->data, 0, NULL) : NULL;
    if (row->application)
        HASH_FIND_STR(bridge->applications, row->application, number->application);
    return 0;
}

void numbers_unlink(struct bridge *bridge, const struct application *application)
{
    struct number *number, *next;

    HASH_ITER (hh, bridge->numbers, number, next) {
        if (number->application != application)
            continue;
        number->application = NULL;
        save(bridge, number, number->country, NULL, number->data);
    }
}

static json_t *row_of(const struct number *number)
{
    json_t *row = json_pack("{s:s,s:s,s:I}", "msisdn", number->msisdn, "country", number->country,
                            "created", (json_int_t)number->created);

    if (number->application)
        json_object_set_new(row, "application", json_string(number->application->id));
    if (number->data)
        json_object_set_new(row, "data", json_deep_copy(number->data));
    return row;
}

json_t *number_row(struct bridge *bridge, const char *msisdn)
{
    const struct number *number = find(bridge, msisdn);

    return number ? row_of(number) : NULL;
}

static int by_msisdn(struct number *a, struct number *b)
{
    return strcmp(a->msisdn, b->msisdn);
}

json_t *number_rows(struct bridge *bridge)
{
    const struct conf *conf = bridge->conf;
    struct number *number, *next;
    json_t *rows = json_array();

    HASH_SRT(hh, bridge->numbers, by_msisdn);
    HASH_ITER (hh, bridge->numbers, number, next)
        json_array_append_new(rows, row_of(number));
    for (size_t i = 0; i < conf->application_count; i++) {
        const struct conf_application *application = &conf->applications[i];

        for (size_t n = 0; n < application->number_count; n++) {
            if (!find(bridge, application->numbers[n]))
                json_array_append_new(rows,
                                      json_pack("{s:s,s:s,s:s,s:b}", "msisdn",
                                                application->numbers[n], "country", "",
                                                "application", application->id, "configured", 1));
        }
    }
    return rows;
}
