// Tells ThreadSanitizer what absl::Mutex and absl::Notification do, in the tsan preset only.
//
// Debian's absl is not compiled with ThreadSanitizer, so the order that its mutexes impose is
// invisible and everything they guard would be reported. The linker sends our calls through the
// wrappers below (Sanitizers.cmake reads their names here), which annotate them with the
// sanitizer's documented interface. What runs between a pre_ and a post_ call is ignored: the mutex
// itself, and the conditions that it evaluates while it is held, in whichever thread.
#include <sanitizer/tsan_interface.h>

#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"

// "absl::debian3::Mutex::" as the compiler writes it; the namespace is Debian's.
#define REAL(symbol) __real__ZN4absl7debian35Mutex##symbol
#define WRAP(symbol) __wrap__ZN4absl7debian35Mutex##symbol

// What comes before Notify is seen by whoever has waited for it.
#define NOTIFICATION_REAL(symbol) __real__ZN4absl7debian312Notification##symbol
#define NOTIFICATION_WRAP(symbol) __wrap__ZN4absl7debian312Notification##symbol
#define NOTIFICATION_CONST_REAL(symbol) __real__ZNK4absl7debian312Notification##symbol
#define NOTIFICATION_CONST_WRAP(symbol) __wrap__ZNK4absl7debian312Notification##symbol

#define LOCK(symbol, flags)                  \
  void REAL(symbol)(absl::Mutex*);           \
  void WRAP(symbol)(absl::Mutex * mutex) {   \
    __tsan_mutex_pre_lock(mutex, flags);     \
    REAL(symbol)(mutex);                     \
    __tsan_mutex_post_lock(mutex, flags, 0); \
  }

#define TRY_LOCK(symbol, flags)                                                                   \
  bool REAL(symbol)(absl::Mutex*);                                                                \
  bool WRAP(symbol)(absl::Mutex * mutex) {                                                        \
    __tsan_mutex_pre_lock(mutex, (flags) | __tsan_mutex_try_lock);                                \
    const bool locked = REAL(symbol)(mutex);                                                      \
    __tsan_mutex_post_lock(                                                                       \
        mutex, (flags) | __tsan_mutex_try_lock | (locked ? 0 : __tsan_mutex_try_lock_failed), 0); \
    return locked;                                                                                \
  }

#define UNLOCK(symbol, flags)               \
  void REAL(symbol)(absl::Mutex*);          \
  void WRAP(symbol)(absl::Mutex * mutex) {  \
    __tsan_mutex_pre_unlock(mutex, flags);  \
    REAL(symbol)(mutex);                    \
    __tsan_mutex_post_unlock(mutex, flags); \
  }

// Locks once the condition holds; with a deadline it locks in either case and says whether it
// holds.
#define LOCK_WHEN(symbol, flags)                                             \
  void REAL(symbol)(absl::Mutex*, const absl::Condition&);                   \
  void WRAP(symbol)(absl::Mutex * mutex, const absl::Condition& condition) { \
    __tsan_mutex_pre_lock(mutex, flags);                                     \
    REAL(symbol)(mutex, condition);                                          \
    __tsan_mutex_post_lock(mutex, flags, 0);                                 \
  }
#define LOCK_WHEN_UNTIL(symbol, flags, limit_type)                                             \
  bool REAL(symbol)(absl::Mutex*, const absl::Condition&, limit_type);                         \
  bool WRAP(symbol)(absl::Mutex * mutex, const absl::Condition& condition, limit_type limit) { \
    __tsan_mutex_pre_lock(mutex, flags);                                                       \
    const bool holds = REAL(symbol)(mutex, condition, limit);                                  \
    __tsan_mutex_post_lock(mutex, flags, 0);                                                   \
    return holds;                                                                              \
  }

// Called with the mutex held, exclusively; lets others have it while it waits. For the sanitizer:
// an unlock that lasts as long as the wait, then a lock.
#define AWAIT_UNTIL(symbol, limit_type)                                                        \
  bool REAL(symbol)(absl::Mutex*, const absl::Condition&, limit_type);                         \
  bool WRAP(symbol)(absl::Mutex * mutex, const absl::Condition& condition, limit_type limit) { \
    __tsan_mutex_pre_unlock(mutex, 0);                                                         \
    const bool holds = REAL(symbol)(mutex, condition, limit);                                  \
    __tsan_mutex_post_unlock(mutex, 0);                                                        \
    __tsan_mutex_pre_lock(mutex, 0);                                                           \
    __tsan_mutex_post_lock(mutex, 0, 0);                                                       \
    return holds;                                                                              \
  }

extern "C" {

LOCK(4LockEv, 0)
LOCK(10ReaderLockEv, __tsan_mutex_read_lock)
TRY_LOCK(7TryLockEv, 0)
TRY_LOCK(13ReaderTryLockEv, __tsan_mutex_read_lock)
UNLOCK(6UnlockEv, 0)
UNLOCK(12ReaderUnlockEv, __tsan_mutex_read_lock)
LOCK_WHEN(8LockWhenERKNS0_9ConditionE, 0)
LOCK_WHEN(14ReaderLockWhenERKNS0_9ConditionE, __tsan_mutex_read_lock)
LOCK_WHEN_UNTIL(19LockWhenWithTimeoutERKNS0_9ConditionENS0_8DurationE, 0, absl::Duration)
LOCK_WHEN_UNTIL(20LockWhenWithDeadlineERKNS0_9ConditionENS0_4TimeE, 0, absl::Time)
AWAIT_UNTIL(16AwaitWithTimeoutERKNS0_9ConditionENS0_8DurationE, absl::Duration)
AWAIT_UNTIL(17AwaitWithDeadlineERKNS0_9ConditionENS0_4TimeE, absl::Time)

void REAL(5AwaitERKNS0_9ConditionE)(absl::Mutex*, const absl::Condition&);
void WRAP(5AwaitERKNS0_9ConditionE)(absl::Mutex* mutex, const absl::Condition& condition) {
  __tsan_mutex_pre_unlock(mutex, 0);
  REAL(5AwaitERKNS0_9ConditionE)(mutex, condition);
  __tsan_mutex_post_unlock(mutex, 0);
  __tsan_mutex_pre_lock(mutex, 0);
  __tsan_mutex_post_lock(mutex, 0, 0);
}

void REAL(D1Ev)(absl::Mutex*);
void WRAP(D1Ev)(absl::Mutex* mutex) {
  REAL(D1Ev)(mutex);
  __tsan_mutex_destroy(mutex, __tsan_mutex_not_static);
}

void NOTIFICATION_REAL(6NotifyEv)(absl::Notification*);
void NOTIFICATION_WRAP(6NotifyEv)(absl::Notification* notification) {
  __tsan_release(notification);
  NOTIFICATION_REAL(6NotifyEv)(notification);
}

void NOTIFICATION_CONST_REAL(19WaitForNotificationEv)(const absl::Notification*);
void NOTIFICATION_CONST_WRAP(19WaitForNotificationEv)(const absl::Notification* notification) {
  NOTIFICATION_CONST_REAL(19WaitForNotificationEv)(notification);
  __tsan_acquire(const_cast<absl::Notification*>(notification));
}

}  // extern "C"
