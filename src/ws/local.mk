# src/ws: WebSocket servers that take part in calls.
liboffhook_a_SOURCES += \
	%D%/frame.c %D%/frame.h \
	%D%/line.c \
	%D%/message.c \
	%D%/private.h \
	%D%/send.c \
	%D%/upgrade.c \
	%D%/wire.c %D%/wire.h \
	%D%/ws.c %D%/ws.h
