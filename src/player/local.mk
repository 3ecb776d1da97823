# src/player: recorded sound, one playing of it, the shelf that keeps sounds, and the loader of sounds.
liboffhook_a_SOURCES += \
	%D%/freshness.c %D%/freshness.h \
	%D%/grow.c \
	%D%/loader.c %D%/loader.h \
	%D%/making.c \
	%D%/player.c %D%/player.h \
	%D%/reading.c %D%/reading.h \
	%D%/shelf.c %D%/shelf.h %D%/shelf_private.h \
	%D%/sound.c %D%/sound.h
