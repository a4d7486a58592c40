"""English situations: at work, at school and at the doctor's."""

WORK = """\
## doctor's appointment
@ strangers
- day: Monday | Tuesday | Wednesday | Thursday | Friday
- pain: a sore throat | a bad cough | pain in the back | a headache | an earache | pain in the knee
   | a skin rash | a fever | a stomach ache | a stiff neck
- advice: drink a lot of tea | stay in bed | sleep more | walk every day | avoid cold drinks
   | take a hot bath | eat more fruit | stop smoking | stay at home
A: Good morning. What's the problem? | Hello, please sit down. What's the matter?
   || B: I have {pain}, doctor. | Hello, doctor. I've got {pain}.
~ pain B: At least, it began with {pain.old}. Now it's {pain}.
   | No, {pain.old} was last week. Today it's {pain}.
   || A: I see, {pain}. | So now it's {pain}.
< A: How long have you had it? | Since when? || B: Since {day}. | I've had it since {day}.
* A: How long have you had it? | Since when? || B: Since {day}. | I've had it since {day}.
* A: Are you taking any medicine? | Have you taken anything for it?
   || B: Only some pills from the chemist. | No, nothing at all. | Just cough drops.
+ A: Do you smoke? || B: No, never. | Only when I'm nervous.
+ A: Are you eating well?
   || B: Like a horse. | I'm not very hungry at the moment. | Mostly vegetables and noodles.
A: Let me have a look. It's nothing serious. | I see. Don't worry, it'll pass.
   || B: What should I do? | So what do you advise? || A: You should {advice}. | I'd like you to {advice}.
A: And please come back on {day2}. | I want to see you again on {day2}.
   || B: All right, on {day2}. | I'll do that.
~ day2 A: I'm not here on {day2.old}. Please come on {day2} instead.
   || B: Fine, {day2}. | {day2} is better for me, too.
+ B: Can I go to work? || A: Better not. | If you feel well enough.
+ B: Thank you, doctor. | Thanks a lot. || A: Get well soon. | Take care.
= {B} has had {pain} since {day}. {A} tells {B} to {advice} and to come back on {day2}.
= {A} advises {B}, who has {pain}, to {advice} and to come back on {day2}.
= {B} goes to the doctor because of {pain}. {A} tells {B} to {advice} and to come back on {day2}.
= {A} tells {B} to {advice} because {B} has had {pain} since {day}.

## visit to the vet
@ strangers
- animal: the cat | the dog | the rabbit | the parrot | the hamster | the tortoise | the pony | the goat
   | the hen
- symptom: doesn't eat | sleeps all day | has a sore eye | is losing hair | can't walk well
   | drinks too much | has a broken tooth | breathes heavily
- cure: drops | pills | a cream | special food | a bandage | an injection | a warm lamp
A: Good morning. Who have we got here? | Hello. And who is our patient?
   || B: This is {animal}. | I've brought {animal}. || A: And what's the matter? | What's wrong with it?
   || B: It {symptom}. | I'm worried because it {symptom}.
< A: When did you notice it? | When did it begin? || B: On {day}. | I noticed it on {day}.
* A: When did you notice it? | When did it begin? || B: On {day}. | I noticed it on {day}.
* A: How old is it? | May I ask its age? || B: It's {number} years old. | {number} years, I believe.
~ symptom B: No, I'm so nervous. I said that it {symptom.old}, but that was last year. Now it {symptom}.
   || A: I see, it {symptom}. | Thank you, that's important to know.
+ B: Does it hurt? | Is it in pain? || A: Not at all. | Only a little. | Animals often hide it, unfortunately.
+ B: Is it something bad? || A: I don't think so. | We'll see in a few days.
+ C: Daddy, will it die? || B: No, of course not. || A: We'll make it well again, I promise.
A: I'll give you {cure} for it. | What it needs is {cure}. I'll give you that.
   || B: For how long? | How long will it take? || A: Until {day2}. | Until {day2}, then call me.
~ day2 A: Let me change that. {day2.old} is too early, it should be until {day2}.
   || B: Until {day2}, then. | I've understood. Until {day2}.
+ B: How much is that? || A: {price}. | That's {price}, please.
+ B: Thank you so much. | I'm glad that it's nothing worse.
   || A: It'll soon be better. | Good luck to you both.
= {B} takes {animal} to {A} because it {symptom}. {A} gives {B} {cure} until {day2}.
= {A} gives {B} {cure} for {animal} until {day2}, because it {symptom}.
= {animal} {symptom}, so {B} goes to {A}, who gives {B} {cure} until {day2}.
= {B} is worried because {animal} {symptom}. {A} gives {B} {cure} until {day2}.

## job interview
@ strangers
- day: Monday | Tuesday | Wednesday | Thursday | Friday
- job: a cook | a driver | a gardener | a teacher | a nurse | a waiter | a programmer | a librarian
   | a baker | a secretary | a shop assistant | a pilot
- skill: speak Spanish | start at once | work at night | work at weekends | drive a lorry | learn quickly
   | lead a team
A: Please sit down, {name}. | Good morning, {name}. Please take a seat.
   || B: Thank you. | Thank you for the invitation.
   || A: So you want to work as {job}. | You'd like to work as {job}, is that right?
   || B: Yes, very much. | Yes, that's right. | Yes, that's my plan.
< A: How much experience have you got, and where are you now?
   || B: {number} years, and I work near {place}.
   | I've got {number} years of experience, all of them near {place}.
* A: How long have you done this work? | How much experience have you got?
   || B: {number} years. | I've got {number} years of experience.
* A: Where do you work at the moment? | And where are you working now?
   || B: At a small company near {place}. | I work near {place}.
~ number B: I've forgotten my first job, so it's {number} years, not {number.old}.
   | If I count again, it's {number} years.
   || A: {number}, good. | Thank you. {number} years, then.
+ A: Why do you want to leave?
   || B: The journey is too long. | They're closing next year. | I need a new challenge.
+ B: Would I get my own desk? || A: Of course. | We share our desks here.
+ C: Your next visitor is here. || A: Two more minutes, please. || C: I'll tell him.
A: What's special about you? | Why should we choose you? || B: I can {skill}. | Well, I can {skill}.
A: That sounds good. You'll hear from us on {day}. | Thank you. We'll call you on {day}.
   || B: I look forward to it. | Thank you very much.
~ day A: Sorry, on {day.old} the office is closed. We'll call on {day}. || B: {day} is fine. | No problem.
= {name} wants to work as {job} and has {number} years of experience. {A} will call on {day}.
= {A} interviews {name}, who wants to work as {job}, and will call on {day}.
= {A} interviews {name}, who has {number} years of experience as {job} and can {skill}.
= {name} has {number} years of experience and can {skill}. {A} will call on {day} about work as {job}.

## shift swap
@ work
- reason: a dentist's appointment | a wedding | a school play | a language exam | a family visit
   | a concert | a parents' evening | a driving test | a birthday party | a guitar lesson
- shift: early shift | late shift | night shift | morning shift | weekend shift
A: {name}, can you do me a favour? | Have you got a minute, {name}?
   || B: It depends. What is it? | Yes, tell me.
A: I've got {reason} on {day}. Could you take my {shift}?
   | Could you take my {shift} on {day}? I've got {reason}.
   || B: Let me check my diary. | On {day}? One moment.
~ day A: I've mixed it up. It's on {day}, not on {day.old}. | No, not {day.old}, what am I saying? It's {day}.
   || B: {day}, let me see. | Good that you noticed. {day}, then.
B: Yes, I can do that. | That should be possible. || A: You're great. | Thank you so much.
B: Will you work for me on {day2}, then? | But then you'll have to work for me on {day2}.
   || A: Of course, on {day2}. | Sure, I can do {day2}.
~ day2 B: No, {day2.old} is my day off anyway. It would have to be {day2}.
   || A: {day2}, no problem. | All right, I'll work for you on {day2}.
* B: Have you told {name2}? | Does {name2} know about it?
   || A: Not yet, I'll write a message. | I'll explain it today.
* B: What time does it start? | When do I have to be here? || A: At {time}. | It starts at {time}.
+ A: Does the new machine work?
   || B: It breaks down every other hour. | Better than the old one. | The mechanics are still adjusting it.
+ C: Are you two coming to lunch? || B: In a minute. || C: I'll save you a seat.
+ A: Thanks again, {name}. | I owe you something. || B: Never mind. | Any time. | Don't mention it.
= {name} takes {A}'s {shift} on {day} because {A} has {reason}. {A} will work for {name} on {day2}.
= {A} has {reason} on {day}, so {name} takes {A}'s {shift}.
= {A} asks {name} to take {A}'s {shift} on {day} because of {reason}, and will work for {name} on {day2}.
= {name} will take {A}'s {shift} on {day}, and {A} will work for {name} on {day2}.

## late for work
@ work
- day: Monday | Tuesday | Wednesday | Thursday | Friday
- cause: the bus broke down | my alarm didn't ring | the train was late | my car didn't start
   | the road was closed | a tree fell on the road | I got on the wrong bus | my bike was gone
- task: answer the letters | call the customers | finish the report | clean the storeroom
   | check the orders | pay the bills | print the plans | sort the post
- time: eight o'clock | half past eight | nine o'clock | half past nine | ten o'clock | half past ten
A: You're late, {name}. | {name}, do you know what time it is? || B: I'm very sorry. | I know, I'm sorry.
   || A: What was it this time? | What happened? || B: Well, {cause}. | You won't believe it, but {cause}.
~ cause B: Well, to tell the truth, that was last time. Today {cause}.
   | No, that was another day. This morning {cause}.
   || A: At least you're honest. | Now I don't know what to believe.
* A: It's {time} already. | We've been waiting since {time}.
   || B: I came as fast as I could. | I ran all the way.
* A: And why didn't you call? | You could have called. || B: I didn't have my phone. | I had no signal.
+ B: Did anybody ask for me? || A: {name2} did. | Only the boss.
+ C: Don't be so strict. It can happen. || A: Please stay out of this. || C: I only mean well.
+ A: It was the same on {day2}. || B: It won't happen again. | You're right.
A: Now please {task} by {day}. | As you owe us some time, {task} by {day}.
   || B: That's only fair. | Yes, I'll do that. | All right.
~ day A: No, {day.old} is too late. I need it by {day}.
   || B: By {day}, of course. | I'll try to do it by {day}.
+ A: And buy a better clock! | Then let's get to work. || B: I will. | Yes, boss.
= {name} is late for work, and {A} tells {name} to {task} by {day}.
= {A} tells {name}, who is late for work, to {task} by {day}.
= {name} comes late to work at {time}, so {A} tells {name} to {task} by {day}.
= {A} is angry because {name} is late for work. {name} has to {task} by {day}.

## arranging a meeting
@ work
- day: Monday | Tuesday | Wednesday | Thursday | Friday
- topic: the budget | the new website | the summer party | the holiday plan | the sales figures
   | the office move | the training | the new printer | the yearly report | the canteen
- room: the big room | the room upstairs | the blue room | the corner room | the quiet room
   | the small room | the old office
A: We have to talk about {topic}. | I think we need a meeting about {topic}.
   || B: You're right. When have you got time? | Good idea. When?
< A: On {day} at {time}, in {room}. | What about {day} at {time} in {room}?
   || B: That's fine with me. | Good, I'm free then.
* A: On {day} at {time}. | What about {day} at {time}? || B: That's fine with me. | Good, I'm free then.
* B: Which room shall we use? | And in which room? || A: I'd say {room}. | Let's use {room}.
~ room B: But {room.old} is being painted. What about {room}? || A: Then {room}. | {room} is good, too.
~ day A: No, I'm away on {day.old}. It has to be {day}.
   | Hm, {day.old} is a bad day for this. Let's say {day}.
   || B: {day} is even better. | I can come on {day}, too.
+ C: Do you need me as well? || A: Yes, please bring your notes. | Not this time. || C: Good to know.
+ C: Is there any coffee left? || B: There's some in the kitchen. || D: No, I drank it all.
+ B: Will it take long? || A: One hour at most. | As long as it takes.
B: Who else should come? | Shall I invite anybody else? || A: Ask {name}, please. | We need {name}, too.
   || B: I'll send a message. | I'll do that at once.
= {A} and {B} will meet on {day} at {time} in {room} to talk about {topic}. {B} will invite {name}.
= {A} and {B} plan a meeting about {topic} on {day} at {time} in {room}.
= {B} will invite {name} to the meeting about {topic} on {day} in {room}.
= {A} wants to talk about {topic} with {B} and {name} on {day} at {time} in {room}.

## homework deadline
@ school
- day: Monday | Tuesday | Wednesday | Thursday | Friday
- subject: history | biology | chemistry | geography | English | music | art | physics | Spanish | maths
- reason: a bad cold | a broken computer | a family visit | a football match | a lost book | a power cut
   | a long journey
A: {name}, where is your {subject} homework? | {name}, I still haven't got your {subject} homework.
   || B: I'm sorry, I haven't finished it. | I'm afraid it isn't ready yet.
   || A: What happened? | Why is that? || B: It was because of {reason}. | Because of {reason}.
< A: How much is missing? || B: About {number} pages. | {number} pages, I think.
* A: How much is missing? | How much do you still have to do?
   || B: About {number} pages. | {number} pages, I think.
* A: Did you find it difficult? | Was it too hard for you? || B: Only the beginning. | No, I like {subject}.
B: Can I have more time? | Could I give it to you later?
   || A: You can have until {day}. | All right, until {day}.
~ day A: No, {day.old} is too late for the marks. I need it by {day}.
   | Wait, I'm not here on {day.old}. Let's say {day}.
   || B: By {day}, I'll try. | {day}, all right.
~ subject B: Excuse me, but you've got my {subject.old} homework. I thought you meant {subject}.
   || A: Oh, you're right, I mean {subject}. | It's true. So it's {subject} that I'm waiting for.
+ B: Is the test hard? || A: Not if you read the book. | You'll see. | Only the last chapter matters.
+ C: May I hand in mine, too? || A: Yes, put it on my desk. || C: Here you are.
A: Bring it to my room at {time}. | I'll be in my room at {time}. Bring it to me there.
   || B: Thank you, I will. | I'll be there.
= {name} has not finished the {subject} homework because of {reason}. {A} wants it by {day}.
= {A} gives {name} time until {day} for the {subject} homework, which is not finished because of {reason}.
= {name} needs more time for the {subject} homework because of {reason}, and {A} gives {name} time until
   {day}.
= Because of {reason}, {name} has not finished the {subject} homework. {name} will bring it to {A} on {day}
   at {time}.

## tutoring
@ phone
- subject: maths | French | physics | Latin | German | Italian | algebra | chemistry | biology | Spanish
   | Russian
- weakness: has no patience | learns very slowly | forgets everything | is afraid of tests
   | never practises | can't sit still | makes many mistakes | gets bad marks
- child: cousin | grandchild | godchild | oldest child | youngest child
A: Evening school, hello. | The evening school, good evening.
   || B: Hello. You give private lessons, don't you? | Good evening. Do you still give private lessons?
   || A: Yes, I do. Who is it for? | That's right. Is it for you?
   || B: It's for my {child} {name}. | It's for {name}, my {child}.
A: And which subject is it? | What does {name} want to learn?
   || B: It's {subject}. | We need help with {subject}.
~ subject B: Sorry, that's for somebody else. With {name} it's {subject}, not {subject.old}.
   || A: I teach {subject}, too. | So {subject}. Very good.
< A: I've got time on {day} at {time}. | Would {day} at {time} be possible?
   || B: That's perfect. I should tell you that {name} {weakness}.
   | Yes. But {name} {weakness}, you should know.
* A: What's the difficulty? | And what's the problem? || B: {name} {weakness}. | Well, {name} {weakness}.
* A: I've got time on {day} at {time}. | Would {day} at {time} be possible?
   || B: That's perfect. | That's fine with us.
~ day A: Oh, I've got choir on {day.old}. We'd have to take {day}.
   | I've just seen that {day.old} is full. What about {day}?
   || B: {day} is fine, too. | Then we'll take {day}.
+ A: How old is {name}? || B: Twelve next month. | Old enough to know better.
+ B: Do you come to our house? || A: If it's not too far. | I prefer to teach at home.
+ C: Who's on the phone? || B: The new teacher. || C: Oh no!
B: How much is a lesson? | What do you charge for a lesson? || A: {price}. | I take {price}.
   || B: Agreed. See you soon. | That's all right. Thank you.
= {A} will teach {B}'s {child} {name} {subject} on {day} at {time} for {price} a lesson.
= {B} is looking for {subject} lessons for {name}. {A} will teach {name} on {day} for {price} a lesson.
= {B}'s {child} {name} {weakness}, so {A} will teach {name} {subject} on {day} at {time}.
= {A} will teach {name}, who {weakness}, {subject} for {price} a lesson.
"""
