#: status = "crashed"
#: says = "at most 256 threads"
# No stack is mapped for these, so that their size can't be judged; 5000 at most.
import ctypes
import mmap
import time

libc = ctypes.CDLL(None)
SIZE, COUNT = 16384, 5000
memory = mmap.mmap(-1, SIZE * COUNT)
base = ctypes.addressof(ctypes.c_char.from_buffer(memory))
for index in range(COUNT):
    attributes = (ctypes.c_char * 128)()
    libc.pthread_attr_init(attributes)
    libc.pthread_attr_setstack(
        attributes, ctypes.c_void_p(base + index * SIZE), ctypes.c_size_t(SIZE)
    )
    libc.pthread_attr_setguardsize(attributes, ctypes.c_size_t(0))
    thread = ctypes.c_ulong()
    libc.pthread_create(ctypes.byref(thread), attributes, libc.pause, None)
time.sleep(60)
