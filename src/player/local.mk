# src/player: recorded sound, one playing of it, and the loader of sounds.
liboffhook_a_SOURCES += \
	%D%/loader.c %D%/loader.h \
	%D%/player.c %D%/player.h \
	%D%/sound.c %D%/sound.h
