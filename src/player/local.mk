# src/player: recorded sound, one playing of it, the shelf that keeps sounds, and the loader of sounds.
liboffhook_a_SOURCES += \
	%D%/grow.c \
	%D%/loader.c %D%/loader.h \
	%D%/player.c %D%/player.h \
	%D%/shelf.c %D%/shelf.h \
	%D%/sound.c %D%/sound.h
