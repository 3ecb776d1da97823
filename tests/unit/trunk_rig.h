/* trunk_rig.h: trunks made of a text in the form of the configuration file. */
#ifndef OFFHOOK_TESTS_TRUNK_RIG_H
#define OFFHOOK_TESTS_TRUNK_RIG_H

#include "base/mem.h"
#include "trunk/private.h"
#include "trunk/trunk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct loop *rig_loop;
static struct trunks *rig;
static struct conf *rig_confs[8];
static unsigned rig_conf_count;
static size_t rig_alive;

/* What stands between "trunks = (" and ");". */
static inline const struct conf *rig_read(const char *trunks)
{
    char path[64], error[CONF_ERROR];
    FILE *file;

    snprintf(path, sizeof path, "trunk_rig.%ld.conf", (long)getpid());
    file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file, "trunks = ( %s );\n", trunks);
    fclose(file);
    assert_true(rig_conf_count < 8);
    if (conf_read(&rig_confs[rig_conf_count], path, error))
        fail_msg("%s", error);
    unlink(path);
    return rig_confs[rig_conf_count++];
}

static inline void rig_start(const char *trunks)
{
    struct trunks_conf conf = {.conf = NULL};

    rig_alive = mem_alive();
    assert_int_equal(loop_alloc(&rig_loop), 0);
    conf.loop = rig_loop;
    conf.conf = rig_read(trunks);
    assert_int_equal(trunks_start(&rig, &conf), 0);
}

static inline void rig_end(void)
{
    trunks_stop(rig);
    mem_unref(rig);
    while (rig_conf_count)
        mem_unref(rig_confs[--rig_conf_count]);
    mem_unref(rig_loop);
    assert_int_equal(mem_alive(), rig_alive);
}

/* The URIs of a route, in order. */
static inline const char *rig_uris(const struct trunk_route *route)
{
    static char text[2048];
    size_t at = 0;

    text[0] = '\0';
    for (unsigned i = 0; i < route->count; i++)
        at += (size_t)snprintf(text + at, sizeof text - at, "%s%s", i ? " " : "",
                               route->attempts[i].uri);
    return text;
}

static inline const char *rig_phone(const char *digits)
{
    static char text[2048];
    struct trunk_route *route;
    int err = trunk_route_phone(rig, digits, &route);

    if (err)
        return strerror(err);
    snprintf(text, sizeof text, "%s", rig_uris(route));
    mem_unref(route);
    return text;
}

#endif
