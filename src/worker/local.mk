# src/worker: the media threads, their ports and rooms.
liboffhook_a_SOURCES += \
	%D%/band.c \
	%D%/band.h \
	%D%/beat.c \
	%D%/beat.h \
	%D%/carry.c \
	%D%/coder.c \
	%D%/coder.h \
	%D%/command.c \
	%D%/detecting.c \
	%D%/dial.c \
	%D%/echo.c \
	%D%/event.c \
	%D%/handle.c \
	%D%/inband.c \
	%D%/measuring.c \
	%D%/open.c \
	%D%/part.c \
	%D%/parts.c \
	%D%/parts.h \
	%D%/place.c \
	%D%/playing.c \
	%D%/port.c \
	%D%/private.h \
	%D%/room.c \
	%D%/speaking.c \
	%D%/straight.c \
	%D%/tap.c \
	%D%/thread.c \
	%D%/tick.c \
	%D%/worker.h \
	%D%/workers.c
