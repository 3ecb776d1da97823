# src/api: the REST door.
liboffhook_a_SOURCES += \
	%D%/api.c %D%/api.h %D%/private.h \
	%D%/access.c \
	%D%/answer.c \
	%D%/applications.c \
	%D%/auth.c \
	%D%/body.c \
	%D%/cache.c %D%/cache.h \
	%D%/calls.c %D%/calls.h \
	%D%/calls_create.c \
	%D%/calls_media.c \
	%D%/calls_quality.c \
	%D%/calls_read.c \
	%D%/calls_steer.c \
	%D%/conversation_media.c \
	%D%/conversations.c %D%/conversations.h \
	%D%/conversations_run.c \
	%D%/dead.c %D%/dead.h \
	%D%/dead_routes.c \
	%D%/error.c \
	%D%/event_types.c \
	%D%/events.c %D%/events.h \
	%D%/events_read.c \
	%D%/events_routes.c \
	%D%/family.c \
	%D%/files.c \
	%D%/find.c \
	%D%/idempotency.c %D%/idempotency.h \
	%D%/json_common.c \
	%D%/json_conversation.c \
	%D%/json_event.c \
	%D%/json_leg.c \
	%D%/json_member.c \
	%D%/json_user.c \
	%D%/knocking.c \
	%D%/legs.c %D%/legs.h \
	%D%/legs_create.c \
	%D%/legs_routes.c \
	%D%/legs_steer.c \
	%D%/log.c %D%/log.h \
	%D%/log_readers.c \
	%D%/log_stream.c %D%/log_stream.h \
	%D%/media.c \
	%D%/members.c %D%/members.h \
	%D%/members_add.c \
	%D%/members_change.c \
	%D%/members_read.c \
	%D%/numbers.c \
	%D%/metrics.c %D%/metrics.h \
	%D%/metrics_media.c \
	%D%/openapi.c %D%/openapi.h \
	%D%/openapi_errors.c \
	%D%/page.c %D%/page_cursor.h \
	%D%/page_links.c \
	%D%/people.c %D%/people.h \
	%D%/people_shapes.c \
	%D%/registrations.c \
	%D%/request.c \
	%D%/range.c %D%/range.h \
	%D%/route.c \
	%D%/rows.c \
	%D%/service.c \
	%D%/shape.c %D%/shape.h \
	%D%/shape_links.c \
	%D%/shape_schema.c \
	%D%/shape_text.c %D%/shape_text.h \
	%D%/sound.c \
	%D%/tables.c \
	%D%/trunks.c %D%/trunks.h \
	%D%/users.c %D%/users.h \
	%D%/users_conversations.c \
	%D%/users_run.c
