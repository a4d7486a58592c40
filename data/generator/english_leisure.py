"""English situations: sport, culture and free time."""

LEISURE = """\
## concert tickets
@ strangers
- show: the jazz concert | the piano concert | the new musical | the comedy show | the ballet
   | the choir concert | the magic show | the opera | the rock concert | the puppet show
- seat: in the first row | on the balcony | in the middle | near the stage | at the back | by the door
B: Good afternoon. Have you still got tickets for {show}? | Hello, I'd like tickets for {show}.
   || A: Certainly. For which day? | Let me look. Which day would you prefer?
   || B: For {day}. | {day} would be best. | I'd like to go on {day}.
< A: How many, and where would you like to sit? || B: {number}, {seat}. | I need {number} tickets {seat}.
* A: How many do you need? | For how many people? || B: I need {number}. | {number}, please.
* A: Where would you like to sit? | Which seats do you want?
   || B: {seat}, if possible. | We'd like to sit {seat}.
~ day B: Oh, I've forgotten that I'm busy on {day.old}. Is {day} possible?
   | Wait, {day.old} is too soon. What about {day}?
   || A: Yes, {day} is fine. | There are seats on {day} as well.
~ seat A: Sorry, there's nothing left {seat.old}. I could offer you seats {seat}.
   || B: I'll take those. | {seat} is fine, too.
+ B: Is it a long show? || A: About two hours. | There's a break in the middle.
+ C: Excuse me, where are the toilets? || A: Down the stairs. || C: Thank you.
+ B: Are there cheaper tickets for children? || A: Only on {day2}. | No, I'm afraid not.
A: That's {price} each. | Each ticket is {price}. || B: Can I pay by card? | All right. May I pay by card?
   || A: Of course. Enjoy the evening. | Sure. Here are your tickets.
= {B} buys {number} tickets for {show} on {day} for {price} each. The seats are {seat}.
= {B} buys {number} tickets {seat} for {show} on {day}.
= {A} sells {B} {number} tickets for {show} on {day}. They are {seat} and cost {price} each.
= {B} wants to see {show} on {day} and pays {price} each for {number} tickets {seat}.

## football match
@ friends
- role: in goal | in defence | in attack | on the left side | on the right side | in the second half
   | in midfield
- excuse: a sore foot | an exam | a family dinner | a bad cold | too much work | no shoes
- time: nine o'clock | half past nine | ten o'clock | half past ten | eleven o'clock | two o'clock
   | half past two
- gear: the ball | the shirts | the water bottles | the flags | some towels | the camera
A: We have a match on {day}, {name}. Are you coming? | {name}, will you play with us on {day}?
   || B: Who are we playing against? | Maybe. Who's the other team?
   || A: The team from {place}. | The people from {place}.
~ day A: They've just written to me. The match is on {day}, not on {day.old}.
   || B: {day} is better anyway. | Good, I can play on {day}, too.
< A: We start at {time}, and I need you {role}. | The match begins at {time}. You'd play {role}.
   || B: That's fine. | I can manage that.
* A: We start at {time}. | The match begins at {time}. || B: That's fine. | I can manage that.
* A: I need you {role}. | You'd play {role}. || B: {role}? If you think so. | As you like.
~ role A: Sorry, I've got somebody for that. Could you play {role} and not {role.old}?
   || B: No problem. | Sure, why not?
+ C: I can't come. I've got {excuse}. || A: That's a pity. | Oh no, we'll miss you. || C: Tell me who wins.
+ D: Can I play, too? || A: Sure, we need everybody. || D: Great, I'll get my shoes.
+ B: Will there be a lot of people? || A: My whole family. | Just a few pensioners, I think.
A: Could you bring {gear}? | Can you take {gear} with you? || B: Yes, it's all in my car. | I'll do that.
   || A: Great, see you on {day}. | Good, then we're ready.
= {name} will play {role} in the match against the team from {place} on {day} at {time}.
= {A} asks {name} to play {role} in the match on {day} at {time} and to bring {gear}.
= {name} will play {role} against the team from {place} on {day} and bring {gear}.
= {A} needs {name} {role} in the match against the team from {place}. It begins on {day} at {time}.

## joining a gym
@ strangers
- course: the yoga course | the swimming course | the dance course | the boxing course | the running group
   | the climbing course | the rowing course | the back training
- aim: lose some weight | get stronger | sleep better | meet people | train for a race | keep fit
   | learn something new
A: Hello, are you new here? | Welcome. Can I help you?
   || B: Yes, I'd like to join the gym. | Yes, I want to become a member.
   || A: Wonderful. What's your aim? | Good idea. And why, if I may ask?
   || B: I want to {aim}. | I'd like to {aim}.
< A: It's {price} a month. Are you interested in one of our courses?
   || B: Yes, in {course}. | I'd like to try {course}.
* A: Would you like to take a course? | Are you interested in one of our courses?
   || B: Yes, in {course}. | Perhaps {course}. | I'd like to try {course}.
* B: How much is it? | What does it cost? || A: {price} a month. | It's {price} a month.
~ course B: I've changed my mind. I'd rather take {course} than {course.old}.
   | You know what? I'll take {course} instead.
   || A: A good choice. | No problem, {course}.
~ price A: Oh, you're a student? Then it's {price}, not {price.old}. | No, sorry, the new price is {price}.
   || B: Good to know. | {price}, all right.
+ B: Can I have a shower here? || A: Yes, and there's a sauna, too. | Of course, on the first floor.
+ C: The trainer is wonderful. || B: Good to hear. | I hope so. || C: You'll see.
+ B: Do I need special shoes?
   || A: Any clean ones will do. | We can lend you some. | Trainers with light soles, please.
B: When does it take place? | On which day is the course? || A: Every {day} at {time}. | On {day} at {time}.
   || B: That suits me. See you then. | Good, I'll come on {day}.
= {B} joins the gym for {price} a month to {aim}, and takes {course} on {day} at {time}.
= {B} wants to {aim} and joins the gym for {price} a month. {B} takes {course} on {day}.
= {B} joins the gym to {aim}. {A} says that it costs {price} a month and that {course} is on {day} at {time}.
= {A} helps {B} join the gym for {price} a month. {B} takes {course} on {day} at {time}.

## a film at the cinema
@ friends
- film: a comedy | a crime film | a love story | a science film | a film about whales | an old western
   | a horror film | a cartoon | a war film | a film about a chef | a spy film
- time: half past five | six o'clock | half past six | seven o'clock | half past seven | eight o'clock
- treat: popcorn | ice cream | the drinks | the tickets | some sweets | dinner afterwards
A: Are you free on {day}, {name}? | {name}, have you got any plans for {day}?
   || B: Not yet. Why? | I think I'm free. What's up?
   || A: I'd like to see {film} at the cinema. | There's {film} at the cinema.
~ film B: {film.old}? I've seen that one. I'd prefer {film}.
   | I don't like that sort of film. How about {film}?
   || A: All right, {film}, then. | {film} is fine with me.
< B: When is it, and where shall we meet?
   || A: It begins at {time}. Let's meet near {place}. | Near {place}. The film begins at {time}.
* B: When does it begin? | At what time? || A: At {time}. | It begins at {time}.
* B: Where shall we meet? | And where do we meet? || A: Near {place}. | Let's meet near {place}.
~ time A: Hm, I was looking at the wrong page. It begins at {time}, not at {time.old}.
   || B: {time} is all right. | Good that you looked again.
+ B: Is it a long film? || A: Not too long, I hope. | Almost three hours, according to the newspaper.
+ C: May I come with you? || A: Sure, the more the better. || C: Great, I'll ask Dad.
+ D: I've seen it. The end is sad. || B: Please don't tell us! || D: Sorry.
B: I'll pay for {treat}. | Then let me pay for {treat}. || A: That's kind of you. | I won't say no to that.
= {A} and {name} will see {film} at the cinema on {day} at {time}. They meet near {place}.
= {A} asks {name} to see {film} at the cinema on {day}. {name} will pay for {treat}.
= {name} will see {film} with {A} on {day} at {time} and pay for {treat}.
= {A} and {name} meet near {place} on {day} to see {film} at the cinema, which begins at {time}.

## borrowing a tool
@ friends
- tool: a ladder | a drill | a hammer | a big saw | a screwdriver | a toolbox | a workbench
   | a pair of gloves | an axe | a tape measure | an electric saw
- job: build a shelf | repair the roof | fix the fence | build a doghouse | repair the stairs
   | make a table | put up a swing | build a bed
- thanks: a bag of apples | a homemade cake | a basket of eggs | a bottle of juice | some fresh bread
A: Hello, {name}. May I ask you a favour? | Hi, {name}. I hope it's not too early.
   || B: Hello there. What do you need? | Come in. What can I do for you?
   || A: Could I borrow {tool} from you? | Have you got {tool} that I could borrow?
~ tool A: No, wait, {tool.old} is not enough. What I really need is {tool}.
   | Did I say {tool.old}? I need {tool}.
   || B: {tool}? I've got that. | Ah, {tool}. Sure.
< B: What for, and for how long?
   || A: I want to {job}. I need it until {day}. | Until {day}. I'm going to {job}.
* B: What do you need it for? | May I ask what it's for? || A: I want to {job}. | I'm going to {job}.
* B: How long do you need it? | And for how long? || A: Until {day}. | I only need it until {day}.
~ day B: I'm sorry, I need it myself on that day. Could you bring it back on {day}?
   || A: Of course, on {day}. | {day} is no problem.
+ A: Is it heavy? || B: Not for two people. | I'll help you carry it.
+ B: Do you know how to use it? || A: I've watched a video. | I think so. | I read the instructions twice.
+ C: Don't lend out everything we have! || B: It's only for a few days. || C: That's what you always say.
B: It's in the cellar. Come and get it at {time}. | I'll have it ready at {time}.
   || A: Thank you. You'll get {thanks} from me. | You're an angel. I'll bring you {thanks}.
= {A} borrows {tool} from {name} until {day} to {job}. {A} will bring {name} {thanks}.
= {name} lends {A} {tool} until {day}, because {A} wants to {job}.
= {A} wants to {job} and borrows {tool} from {name} until {day}.
= {A} asks {name} for {tool} to {job}. {A} can pick it up at {time} and keep it until {day}.

## choosing a pet
@ strangers
- pet: a grey cat | a young dog | a white rabbit | a green parrot | a brown hamster | an old cat
   | a small dog | a black kitten | a guinea pig | a yellow bird
- nature: is very quiet | likes children | sleeps all day | needs a garden | can do tricks
   | is afraid of dogs | eats everything | is a little shy
- owner: my daughter | my son | my parents | my wife | my husband | my grandfather
A: Welcome to the animal home. What can I do for you? | Good morning. Are you looking for a pet?
   || B: Hello. I'd like to give a home to {pet}. | Good morning. We'd like to have {pet}.
~ pet B: No, my flat is too small for {pet.old}. I'd better take {pet}.
   | Although, if I think about it, I'd rather have {pet}.
   || A: We've got {pet} here as well. | Good, {pet}. Come with me.
A: Here, what do you think? It {nature}. | You should know that it {nature}.
   || B: That's fine with me. | How sweet! | That's just what we want.
* A: Is it for you? | Who'll look after it? || B: It's for {owner}. | It'll be {owner}.
* B: How old is it? | May I ask its age? || A: {number} months. | It's {number} months old.
+ B: Does it need a lot of food? || A: Less than you think. | Just one handful twice a day.
+ C: Look, it likes me! || B: Be careful, please. || C: I am careful.
A: We ask for {price}. | It'll be {price}, with the papers.
   || B: I see. When can I take it home? | All right. And when can we have it?
   || A: You can collect it on {day}. | It'll be ready on {day}.
   || B: We can't wait! | Thank you, see you then.
= {B} chooses {pet} that {nature}. {A} asks for {price}, and {B} can collect it on {day}.
= {A} shows {B} {pet} that {nature}. {B} can collect it on {day} for {price}.
= {B} wants {pet}, and {A} says that it {nature}. It costs {price}, and {B} can collect it on {day}.
= {B} can collect {pet} from {A} on {day} for {price}.
"""
