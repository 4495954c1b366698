"""The readers of the whole paper: how many write under which article, to whom, and when.

It knows the shape of threads: a few long ones, many short, some quarrels that go eight deep. It does not know
what is said (chatter.py). Its law: parents are older than replies, ids follow dates, and exactly the number
of readable comments asked for comes out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from tests.fakesite.model import Comment, Post
from tests.fakesite.paper import Paper
from tests.fakesite.typed import comment_html

from .chatter import Chatter
from .dice import Deck, Dice
from .stock import stock

_DEEP = 8


@dataclass(slots=True)
class _Seat:
    """A place in a thread: its post, the seat it answers, its depth and moment."""

    post: Post
    parent: _Seat | None
    depth: int
    date: datetime
    chain: bool = False
    comment: Comment | None = None
    replies: int = 0


def add_comments(paper: Paper, dice: Dice, deck: Deck, count: int, epoch: datetime) -> None:
    """Add `count` readable comments, and beside them held, spam and trashed ones, and pings."""
    posts = [post for post in paper.published() if paper.readable(post)]
    if not posts:
        return
    hidden = max(3, count // 30) if count else 0
    shares = _shares(len(posts), count + hidden)
    seats = [
        seat
        for post, share in zip(dice.shuffled(posts), shares, strict=True)
        for seat in _seats(dice, post, share, epoch)
    ]
    seats.sort(key=lambda seat: seat.date)
    chatter = Chatter(dice, deck)
    for seat in seats:
        _write(paper, chatter, dice, seat)
    _hide(chatter, dice, seats, hidden)
    _on_closed_posts(paper, chatter, epoch)
    _pings(paper, dice, posts, epoch, count // 60)


def _shares(posts: int, count: int) -> list[int]:
    """How many comments each of so many posts has, the busiest first; one in six has none."""
    busy = max(1, posts - posts // 6)
    weights = [1 / (rank + 1.6) ** 0.85 for rank in range(busy)]
    total = sum(weights)
    shares = [int(count * weight / total) for weight in weights]
    for extra in range(count - sum(shares)):
        shares[extra % busy] += 1
    return shares + [0] * (posts - busy)


def _seats(dice: Dice, post: Post, count: int, epoch: datetime) -> list[_Seat]:
    """The shape of one thread."""
    seats: list[_Seat] = []
    chain = _DEEP if count >= 20 else 0
    room = (epoch - timedelta(minutes=2) - post.date).total_seconds()
    for number in range(count):
        parent = _parent(dice, seats, chain)
        chain -= bool(parent and parent.chain) or (chain == _DEEP and number == 3)
        start = (parent.date if parent else post.date) + timedelta(seconds=40)
        date = _moment(dice, start, epoch, room, late=not parent)
        seat = _Seat(post, parent, parent.depth + 1 if parent else 1, date)
        seat.chain = (parent is not None and parent.chain and chain > 0) or (
            number == 3 and chain == _DEEP - 1
        )
        if parent:
            parent.replies += 1
            parent.chain = parent.chain and not seat.chain and chain > 0
        seats.append(seat)
    return seats


def _parent(dice: Dice, seats: list[_Seat], chain: int) -> _Seat | None:
    """Whom the next reader answers, or nobody; a quarrel in progress is answered first."""
    quarrel = next((seat for seat in seats if seat.chain), None)
    if quarrel and chain > 0 and dice.chance(0.6):
        return quarrel
    if not seats or len(seats) == 3 or dice.chance(0.55):
        return None
    parent = dice.pick(seats[-14:])
    return parent if parent.depth < _DEEP and not parent.chain else None


def _moment(dice: Dice, start: datetime, epoch: datetime, room: float, late: bool) -> datetime:
    """Minutes to days after what it answers; now and then years."""
    last = epoch - timedelta(minutes=1)
    if late and dice.chance(0.04) and room > 86_400 * 400:
        wait = dice.part() * room
    else:
        wait = 240 + 86_400 * 3 * dice.part() ** 2.5
    found = start + timedelta(seconds=int(wait))
    if found < last:
        return found
    left = max(2.0, (last - start).total_seconds())
    return start + timedelta(seconds=int(min(wait, left * dice.part() * 0.7) if left > 2 else 1))


def _write(paper: Paper, chatter: Chatter, dice: Dice, seat: _Seat) -> None:
    parent = seat.parent.comment if seat.parent else None
    author = None
    if parent and seat.parent and seat.parent.parent and seat.parent.parent.comment and dice.chance(0.55):
        author = seat.parent.parent.comment.author
    staff = None
    if parent and author is None and dice.chance(0.06):
        staff = seat.post.author
    said = chatter.remark(seat.post, parent, staff.name if staff else author)
    paper.next_comment += dice.number(0, 2) // 2
    number = paper.next_comment
    seat.comment = paper.add_comment(
        Comment(
            id=number,
            post=seat.post.id,
            parent=parent.id if parent else 0,
            author=said.author,
            date=seat.date,
            html=comment_html(said.text),
            url=said.url,
            email=f"reader{number}@mail.invalid",
            user=staff,
        )
    )


def _hide(chatter: Chatter, dice: Dice, seats: list[_Seat], count: int) -> None:
    """Hold, mark as spam or trash so many comments; one or two of the trashed have replies."""
    answered = [seat for seat in seats if seat.replies and seat.depth > 1]
    leaves = [seat for seat in seats if not seat.replies]
    few = min(len(answered), 1 + count // 40)
    chosen = dice.shuffled(answered)[:few]
    chosen += dice.shuffled(leaves)[: count - few]
    for number, seat in enumerate(chosen):
        comment = seat.comment
        assert comment is not None
        comment.status = "trash" if number < few else ("hold", "spam", "hold", "trash")[number % 4]
        comment.html = comment_html(f"{chatter.hidden(comment.status, seat.post)} ({comment.id})")


def _on_closed_posts(paper: Paper, chatter: Chatter, epoch: datetime) -> None:
    """Approved comments below articles with a password: counted, never readable."""
    for post in paper.published():
        for turn in range(2 if post.password else 0):
            when = min(post.date + timedelta(hours=3 + turn), epoch - timedelta(minutes=1))
            text = f"{chatter.hidden('closed', post)} ({paper.next_comment})"
            mail = f"reader{paper.next_comment}@mail.invalid"
            paper.add_comment(
                Comment(paper.next_comment, post.id, 0, "Member", when, comment_html(text), email=mail)
            )


def _pings(paper: Paper, dice: Dice, posts: list[Post], epoch: datetime, count: int) -> None:
    """Other sites that link here: mostly pingbacks, a trackback in six."""
    sites = stock().chatter["pings"]
    for number in range(max(1, count)):
        post = dice.pick(posts)
        title, _, url = dice.pick(sites).partition(" | ")
        when = min(post.date + timedelta(hours=dice.number(5, 90)), epoch - timedelta(minutes=1))
        body = f"[…] {' '.join(post.paragraphs[0].split()[:24])} […]"
        kind = "trackback" if number % 6 == 5 else "pingback"
        address = f"{url}{paper.local(when):%Y/%m}/{post.slug}"
        paper.add_comment(
            Comment(paper.next_comment, post.id, 0, title, when, comment_html(body), address, kind=kind)
        )
