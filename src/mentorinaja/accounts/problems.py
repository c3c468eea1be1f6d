"""What can go wrong with an account, in the words of the screen."""

from __future__ import annotations

from mentorinaja.errors import DomainError


class EmailTaken(DomainError):
    """Somebody has registered with this address."""

    status = 422
    title = "Email ini sudah terdaftar. Login dengan email ini, atau pakai email lain."


class EmailTakenSince(DomainError):
    """Somebody else has registered with an address before its owner here confirmed it."""

    title = "Email ini sudah dipakai akun lain"


class SameEmail(DomainError):
    """The account has this address already."""

    status = 422
    title = "Ini sudah email akun Anda."


class WrongPassword(DomainError):
    """The email is unknown or the password wrong; which of the two is nobody's business."""

    status = 422
    title = "Email atau password salah. Periksa lagi, atau buat password baru lewat “Lupa password?”."


class Suspended(DomainError):
    """The right password of an account an admin has stopped."""

    status = 403
    title = "Akun ini sedang ditangguhkan."


class NotAnAccount(DomainError):
    """What was given for a new account is not right; the text says what."""

    status = 422
    title = "Data akun belum benar."


class LinkOver(DomainError):
    """A link from a mail that was used, is over, or was never ours."""

    status = 404
    title = "Tautan ini tidak berlaku lagi"


class WrongCode(DomainError):
    """Not a code of this account's app, one that was used, or no recovery code that is left."""

    status = 422
    title = "Kode salah atau sudah dipakai. Tunggu kode berikutnya di aplikasi, lalu coba lagi."


class CodeNeeded(DomainError):
    """The password alone does not let an admin in."""

    status = 403
    title = "Akun ini perlu kode verifikasi. Login sekali lagi."


class ChallengeOver(DomainError):
    """The time between password and code ran out, or too many codes were wrong."""

    status = 409
    title = "Waktu untuk memasukkan kode sudah habis. Login sekali lagi."


class NotViewable(DomainError):
    """An admin cannot look as this person; the text says why."""

    status = 409
    title = "Tidak bisa melihat sebagai orang ini"


class OnlyLooking(DomainError):
    """An admin looks as somebody: nothing is done in that person's name, and not everything is shown."""

    status = 403
    title = "Anda hanya melihat"


class NoFactor(DomainError):
    """There is nothing to reset, or it is the admin's own."""

    status = 409
    title = "Verifikasi dua langkah tidak bisa diatur ulang"


class NotAnAdmin(DomainError):
    """The address belongs to no admin."""

    status = 403
    title = "Bukan admin"
