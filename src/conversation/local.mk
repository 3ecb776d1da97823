# src/conversation: where people meet.
liboffhook_a_SOURCES += \
	%D%/audibility.c \
	%D%/bridge.c \
	%D%/channel.c \
	%D%/conversation.c %D%/conversation.h %D%/private.h \
	%D%/leg_events.c \
	%D%/member.c \
	%D%/restore.c
