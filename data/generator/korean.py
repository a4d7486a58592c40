"""The Korean corpus: shared slots, digressions, and the particles that depend on the sound before them."""

from data.generator.korean_errands import ERRANDS
from data.generator.korean_home import HOME
from data.generator.korean_work import WORK
from data.generator.script import Language, read_digressions, read_pools, read_situations

POOLS = """\
- name: 민수 | 지은 | 서준 | 하은 | 지훈 | 수진 | 영호 | 미영 | 도윤 | 예린 | 준호 | 은주 | 태민 | 소라 | 현우 | 다은 | 성민 | 유나 | 재석 | 혜진 | 동현 | 보라 | 상훈 | 나연 | 우진 | 아름 | 정우 | 가영 | 민재 | 선희 | 윤서 | 경수
- day: 월요일 | 화요일 | 수요일 | 목요일 | 금요일 | 토요일 | 일요일
- time: 오전 여덟 시 | 오전 아홉 시 | 오전 아홉 시 반 | 오전 열 시 | 오전 열 시 반 | 오전 열한 시 | 낮 열두 시 | 오후 한 시 | 오후 두 시 | 오후 세 시 | 오후 세 시 반 | 오후 네 시 | 오후 다섯 시 반 | 저녁 여섯 시 | 저녁 일곱 시
- place: 도서관 | 기차역 | 공원 | 시장 | 박물관 | 영화관 | 빵집 | 서점 | 수영장 | 은행 | 우체국 | 극장 | 체육관 | 꽃가게 | 약국 | 구청 | 백화점 | 학교
- number: 두 | 세 | 네 | 다섯 | 여섯 | 일곱 | 여덟 | 아홉 | 열 | 열두
- price: 만 오천 원 | 이만 원 | 이만 오천 원 | 삼만 원 | 사만 원 | 오만 원 | 육만 원 | 팔만 원 | 구만 원
"""

DIGRESSIONS = """\
A: 오늘 날씨가 참 덥네요. || B: 네, {day}까지 계속 덥대요. | 그러게요. 비라도 오면 좋겠어요.
A: 요즘 길이 많이 막히지요? || B: 네, {place} 앞이 특히 그래요. | 그래도 {place} 쪽 길은 괜찮아요.
B: {day}에 한 축구 경기 보셨어요? || A: 끝부분만 조금 봤어요. | 아니요, 보다가 잠들었어요.
B: 좋은 냄새가 나네요. || A: {place} 옆에서 산 커피예요. | {name} 씨가 가져온 빵이에요.
A: 제 친구 {name:이} {day}에 상을 받았어요. || B: 와, 정말 대단하네요. | 정말요? 축하한다고 전해 주세요.
B: 오늘은 밖에 사람이 참 많네요. || A: {place}에서 행사가 있대요. | {day}에는 더 많았어요.
A: 모자가 예쁘네요. || B: 고마워요. {price} 주고 샀어요. | 고마워요. {name} 씨가 준 거예요.
B: 죄송해요, 전화가 왔네요. || A: 괜찮아요, 받으세요. | 네, 천천히 받으세요. || B: {name} 씨였어요. 별일 아니래요. | 잘못 걸린 전화였어요.
A: 요즘 나온 영화 보셨어요? || B: 아직 못 봤어요. {name} 씨는 재미없대요. | 네, {day}에 {name} 씨와 봤어요.
B: 어제 잠을 거의 못 잤어요. || A: 커피를 많이 드셨어요? | 저런, 피곤하시겠어요. || B: {name} 씨와 늦게까지 통화했거든요. | 모기가 많았거든요.
A: 오늘도 버스에 사람이 많더라고요. || B: 저는 {place}에서부터 걸어왔어요. | {day}에는 더 많았어요.
B: 요즘 꽃이 많이 폈네요. || A: {place} 앞에도 예쁘게 폈어요. | {name} 씨도 {day}에 꽃 사진을 보내 줬어요.
"""

# A particle after a final consonant, and the same particle after a vowel.
_PARTICLES = {
    "은": "는",
    "이": "가",
    "을": "를",
    "과": "와",
    "으로": "로",
    "아": "야",
    "이라": "라",
    "이면": "면",
    "이요": "요",
    "이다": "다",
    "이에요": "예요",
    "이군요": "군요",
}
_FIRST_SYLLABLE, _LAST_SYLLABLE = "가", "힣"
_FINALS = 28  # ways of ending a syllable; the first of them is a vowel
_RIEUL = 8
_DIGITS = "영일이삼사오육칠팔구"


def inflect(value: str, particle: str) -> str:
    """Return the value with the form of the particle that fits its last sound."""
    if particle not in _PARTICLES:
        raise ValueError(f"no Korean particle that changes: {particle!r}, found after {value!r}")
    final = _final(value)
    open_end = final == 0 or (particle == "으로" and final == _RIEUL)
    return value + (_PARTICLES[particle] if open_end else particle)


def _final(value: str) -> int:
    """Return how the last syllable ends, 0 for a vowel. A speaker's tag is read by its number."""
    sound = value.rstrip("#")[-1]
    if sound in "0123456789":
        sound = _DIGITS[int(sound)]
    if not _FIRST_SYLLABLE <= sound <= _LAST_SYLLABLE:
        raise ValueError(f"no Korean sound at the end of {value!r}")
    return (ord(sound) - ord(_FIRST_SYLLABLE)) % _FINALS


def finish(text: str) -> str:
    return text


KOREAN = Language(
    situations=[*read_situations(ERRANDS), *read_situations(HOME), *read_situations(WORK)],
    pools=read_pools(POOLS),
    digressions=read_digressions(DIGRESSIONS),
    inflect=inflect,
    finish=finish,
)
