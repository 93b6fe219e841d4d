#include <stdio.h>

int main(void) {
    puts("hello from an image with one file");
    return 0;
}
