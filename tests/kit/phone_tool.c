/* phone_tool.c: offhook-phone, a SIP phone for the tests: many lines in one process,
 * one JSON command a line on stdin, one JSON event a line on stdout. See README.md. */
#include "phone_tool.h"

#include "base/log.h"
#include "base/mem.h"

#include <errno.h>
#include <getopt.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static struct tool tool;

void tool_say(json_t *event)
{
    char *text = event ? json_dumps(event, JSON_COMPACT) : NULL;

    if (text)
        puts(text);
    fflush(stdout);
    free(text);
    json_decref(event);
}

static void on_incoming(struct line *line, void *arg)
{
    const struct dialog_invite *invite = line_invite(line);
    json_t *headers = json_object();

    (void)arg;
    for (unsigned i = 0; i < invite->header_count; i++)
        json_object_set_new(headers, invite->headers[i].name,
                            json_string(invite->headers[i].value));
    tool_say(json_pack("{ss ss ss ss ss so}", "event", "incoming", "line", line_name(line), "from",
                       invite->from_user, "to", invite->to_user, "call_id", invite->call_id,
                       "headers", headers));
}

static void on_progress(struct line *line, int status, bool early, void *arg)
{
    (void)arg;
    tool_say(json_pack("{ss ss si sb}", "event", "progress", "line", line_name(line), "status",
                       status, "early", early));
}

static void on_answered(struct line *line, void *arg)
{
    (void)arg;
    tool_say(json_pack("{ss ss ss si}", "event", "answered", "line", line_name(line), "codec",
                       line_codec(line), "ptime", (int)line_ptime(line)));
}

static void on_ended(struct line *line, int status, const char *phrase, bool remote, void *arg)
{
    (void)arg;
    tool_say(json_pack("{ss ss si ss sb}", "event", "ended", "line", line_name(line), "status",
                       status, "phrase", phrase ? phrase : "", "remote", remote));
}

static void on_digit(struct line *line, char digit, unsigned duration, void *arg)
{
    (void)arg;
    tool_say(json_pack("{ss ss ss# si}", "event", "digit", "line", line_name(line), "digit", &digit,
                       1, "duration", (int)duration));
}

static void on_held(struct line *line, bool send, bool receive, void *arg)
{
    (void)arg;
    tool_say(json_pack("{ss ss sb sb}", "event", "held", "line", line_name(line), "send", send,
                       "receive", receive));
}

static void on_info(struct line *line, const char *type, const char *body, void *arg)
{
    (void)arg;
    tool_say(json_pack("{ss ss ss ss}", "event", "info", "line", line_name(line), "type",
                       type ? type : "", "body", body ? body : ""));
}

static void on_informed(struct line *line, int status, void *arg)
{
    (void)arg;
    tool_say(
        json_pack("{ss ss si}", "event", "informed", "line", line_name(line), "status", status));
}

static void on_stopped(void *arg)
{
    (void)arg;
    tool.stopped = true;
}

static void on_command(void *arg)
{
    char *text = arg;

    if (text)
        tool_command(&tool, text);
    else
        phone_stop(tool.phone, on_stopped, NULL);
    free(text);
}

static void *reader(void *arg)
{
    char *text = NULL;
    size_t room = 0;

    (void)arg;
    while (getline(&text, &room, stdin) > 0) {
        loop_post(tool.loop, on_command, text);
        text = NULL;
        room = 0;
    }
    free(text);
    loop_post(tool.loop, on_command, NULL);
    return NULL;
}

static int usage(void)
{
    fprintf(stderr, "usage: offhook-phone [--address HOST] [--port PORT] [--transport udp|tcp] "
                    "[--verbose]\n");
    return 2;
}

static int options(int argc, char **argv, struct phone_conf *conf)
{
    static const struct option names[] = {{"address", required_argument, NULL, 'a'},
                                          {"port", required_argument, NULL, 'p'},
                                          {"transport", required_argument, NULL, 't'},
                                          {"verbose", no_argument, NULL, 'v'},
                                          {0}};
    int option;

    while ((option = getopt_long(argc, argv, "a:p:t:v", names, NULL)) >= 0) {
        if (option == 'a')
            conf->address = optarg;
        else if (option == 'p')
            conf->port = (unsigned)atoi(optarg);
        else if (option == 't')
            conf->transport = optarg;
        else if (option == 'v')
            log_set_level(LOG_DEBUG);
        else
            return usage();
    }
    return optind == argc ? 0 : usage();
}

static int serve(const struct phone_conf *conf)
{
    static const struct phone_handlers on = {.incoming = on_incoming,
                                             .progress = on_progress,
                                             .answered = on_answered,
                                             .ended = on_ended,
                                             .digit = on_digit,
                                             .held = on_held,
                                             .info = on_info,
                                             .informed = on_informed};
    pthread_t thread;
    int err = phone_start(&tool.phone, ua_root_su(tool.root), tool.loop, conf, &on);

    if (err)
        return err;
    tool_say(json_pack("{ss ss}", "event", "ready", "sip", phone_address(tool.phone)));
    err = pthread_create(&thread, NULL, reader, NULL);
    if (!err) {
        while (!tool.stopped)
            ua_root_step(tool.root, 1000);
        pthread_join(thread, NULL);
    }
    tool.phone = mem_unref(tool.phone);
    return err;
}

int main(int argc, char **argv)
{
    struct phone_conf conf = {.address = "127.0.0.1", .transport = "udp"};
    struct rlimit files;
    int err = options(argc, argv, &conf);

    if (err)
        return err;
    log_set_level(LOG_WARNING);
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    err = loop_alloc(&tool.loop);
    if (!err)
        err = ua_root_alloc(&tool.root, tool.loop);
    if (!err)
        err = serve(&conf);
    mem_unref(tool.root);
    mem_unref(tool.loop);
    if (err)
        fprintf(stderr, "offhook-phone: %s\n", strerror(err));
    return err ? 1 : 0;
}
