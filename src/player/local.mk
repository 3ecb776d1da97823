# src/player
liboffhook_a_SOURCES += src/player/loader.c src/player/loader.h
