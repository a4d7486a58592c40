"""English situations: at work, at school, and with contracts."""

WORK = """\
## job interview
- job: a cook | a driver | a gardener | a teacher | a nurse | a waiter | a programmer | a librarian
- skill: speaks Spanish | can start at once | likes to work at night | is good with people | can work on weekends
A: Please sit down, {name}. | Good morning, {name}, please take a seat. || B: Thank you. | Thank you for the invitation. || A: So you want to work as {job}. | You would like to be {job} with us, is that right? || B: Yes, very much. | That is right.
* A: How long have you done this? | How many years have you worked? || B: For {number} years. | {number} years now.
* A: Where did you work before? | And where was that? || B: Near {place}. | In a small company near {place}.
~ number B: If I count well, it is {number} years, not {number.old}. || A: {number}, good. | Thank you, {number} years.
+ A: Why did you leave? || B: The way was too long. | They closed.
A: Why should we choose you? | What makes you special? || B: I am somebody who {skill}. | Well, I am a person who {skill}.
A: That sounds good. You will hear from us on {day}. | Thank you. We will call you on {day}. || B: I am looking forward to it. | Thank you very much.
= {name} wants to work as {job}, has {number} years of experience and {skill}. {A} will call on {day}.
= {A} interviews {name}, who wants to work as {job} and has {number} years of experience. {A} will call on {day}.
= {name} applies to {A} for work as {job} with {number} years of experience. {A} will call on {day}.
= {A} interviews {name} for work as {job}. {name} has {number} years of experience and {skill}.

## shift swap
- reason: a dentist appointment | a wedding | a school play | a language exam | a visit from the family | a concert
- shift: early shift | late shift | night shift
A: {name}, can you do me a favour? | Do you have a minute, {name}? || B: It depends. What is it? | Yes, tell me.
A: I have {reason} on {day}. Could you take my {shift}? | Could you take my {shift} on {day}? I have {reason}. || B: Let me look at my plan. | On {day}? Wait a moment.
~ day A: I mixed it up. It is on {day}, not on {day.old}. || B: {day}, let me see. | Good that you noticed. {day}, then.
B: Yes, I can do that. | That is possible. || A: You are great. | Thank you so much.
* B: Will you take mine on {day3}, then? | But then you work for me on {day3}. || A: Of course, on {day3}. | With pleasure.
* B: Does {name2} know about it? | Did you tell {name2}? || A: Not yet, I will write to {name2}. | I will talk to {name2} today.
+ A: How is the new machine? || B: It breaks down every other hour. | Better than the old one.
+ C: Are you two coming to lunch? || B: In a minute. || C: I will wait outside.
A: Thanks again, {name}. | I owe you something. || B: Never mind. | Any time.
= {name} takes the {shift} of {A} on {day} because {A} has {reason}. {A} will work for {name} on {day3}.
= {A} has {reason} on {day}, so {name} takes the {shift} of {A}. {A} will work for {name} on {day3}.
= {name} will take the {shift} of {A} on {day}, and {A} will work for {name} on {day3}.
= {A} asks {name} to take the {shift} on {day} because {A} has {reason}, and will work for {name} on {day3}.

## homework deadline
- subject: history | biology | chemistry | geography | English | music | art
- reason: a cold | a broken computer | a family visit | a football match | a lost book
A: Hello, {name}. Where is your {subject} homework? | {name}, I still do not have your {subject} homework. || B: I am sorry, I have not finished it. | I am afraid it is not ready. || A: What happened? | Why is that? || B: It was because of {reason}. | I had {reason}.
* A: How much is missing? | How much do you still have to do? || B: About {number} pages. | {number} pages, I think.
* B: Can I have more time? | Could I give it to you later? || A: You have until {day}. | All right, until {day}.
~ day A: No, {day.old} is too late. I need it on {day}. || B: {day}, I will try. | Good, {day}.
+ B: Is the test hard? || A: Not if you read the book. | You will see.
+ C: May I hand in mine as well? || A: Yes, put it on the desk. || C: Here it is.
A: Put it in my box near {place}. | You can bring it to my room by {time}. || B: Thank you, I will. | That is very kind.
= {name} has not finished the {subject} homework because of {reason}. {A} gives {name} time until {day}.
= {A} gives {name}, who has not finished the {subject} homework because of {reason}, time until {day}.
= {name} needs more time for the {subject} homework because of {reason}, and {A} gives {name} time until {day}.
= {A} asks for the {subject} homework. {name} has not finished it because of {reason} and has time until {day}.

## meeting room
- topic: the budget | the new website | the summer party | the holiday plan | the sales figures | the office move
- room: the big room | the room upstairs | the blue room | the room next to the kitchen | the quiet room
A: We have to talk about {topic}. | I need a meeting about {topic}. || B: Good idea. When do you have time? | Yes, we do. When?
* A: On {day} at {time}. | {day} at {time} would suit me. || B: That is fine with me. | I am free then.
* B: Which room shall we take? | And in which room? || A: I would take {room}. | Let us take {room}.
~ room B: But {room.old} is full that day. What about {room}? || A: Then {room}. | {room} is good, too.
+ C: Do you need me as well? || A: Yes, please bring your numbers. | Not this time. || C: Good to know.
+ D: Is there any coffee left? || A: Yes, in the kitchen. | {name3} drank it all.
+ B: Will it take long? || A: One hour at most. | As long as it takes.
B: Who else should come? | Shall I invite anybody? || A: Ask {name}, please. | We need {name}, too. || B: I will write to {name}. | I will tell {name}.
= {A} and {B} will meet on {day} at {time} in {room} to talk about {topic}. {B} will invite {name}.
= {A} and {B} plan a meeting about {topic} on {day} at {time} in {room}. {B} will invite {name}.
= {B} will invite {name} to the meeting about {topic} on {day} at {time} in {room}.
= {A} wants a meeting about {topic} with {B} and {name} on {day} at {time} in {room}.

## late for work
- cause: the bus broke down | the alarm did not ring | the train was late | the car did not start | the road was closed | a tree fell on the road
- task: answer the letters | call the customers | finish the report | clean the store | check the orders
A: You are late, {name}. | {name}, do you know what time it is? || B: I am very sorry. | I know, I am sorry. || A: What was it this time? | What happened? || B: It is true, {cause}. | You will not believe it, but {cause}.
* A: It is already {time}. | We began at {time}. || B: I came as fast as I could. | I ran all the way.
* A: This is the third time since {day}. | It was the same on {day}. || B: It will not happen again. | You are right.
~ cause B: Well, to tell the truth, that was the last time. Today {cause}. || A: At least you are honest. | Is that so?
+ B: Did anybody ask for me? || A: {name2} did. | Only the boss.
+ D: Do not be so hard, it can happen. || A: Please stay out of this, {name3}. || D: I only mean it well.
A: You have until {day2} to {task}. | Then you {task} before {day2}. || B: That is only fair. | Yes, I will do that.
= {name} is late for work because {cause}. {A} tells {name} to {task} until {day2}.
= {A} tells {name}, who is late for work because {cause}, to {task} until {day2}.
= {name} comes late because {cause}, and {A} tells {name} to {task} until {day2}.
= {A} is angry with {name}, who is late because {cause}. {name} will {task} until {day2}.

## phone contract
- plan: the small plan | the family plan | the student plan | the travel plan | the senior plan
- problem: the calls break off | the bill is too high | the internet is slow | there is no signal at home
A: Customer service, this is {name}. How can I help? | You are speaking with {name}. What can I do? || B: Hello, I am not happy with my contract. | I have a question about my contract. || A: I am sorry. What is the problem? | What is wrong with it? || B: The thing is, {problem}. | I call because {problem}.
* A: How much do you pay now? | What do you pay at the moment? || B: {price} a month. | About {price} every month.
* A: How long have you been with us? | Since when are you our customer? || B: For {number} years. | {number} years already.
+ B: And my number? || A: You keep your number. | The number stays the same.
A: I can offer you {plan}. | Then {plan} would be better for you. || B: What does it cost? | How much would that be? || A: Only {price2} a month. | {price2} a month.
~ plan A: Excuse me, {plan.old} is not sold any more. I mean {plan}. || B: All right, {plan}. | As long as the price is the same.
B: Good, I will take it. | That sounds fine. I agree. || A: It starts on {day}. | From {day} on it is yours.
= {B} calls {name} because {problem}. {B} takes {plan} for {price2} a month from {day}.
= {B} calls because {problem}, and takes {plan} for {price2} a month from {day}.
= {name} offers {B}, who calls because {problem}, {plan} for {price2} a month from {day}.
= {B} is not happy because {problem}. {name} offers {plan} for {price2} a month, and {B} takes it.

## joining the gym
- course: the yoga course | the swimming course | the dance course | the boxing course | the running group
- aim: lose some weight | get stronger | sleep better | meet people | train for a race
A: Hello, are you new here? | Welcome to our gym. Can I help you? || B: Yes, I would like to join. | I would like to become a member. || A: What is your aim? | What would you like to reach? || B: I want to {aim}. | I would like to {aim}.
* A: Do you want to take a course? | We also have courses, you know. || B: I am interested in {course}. | Perhaps {course}.
* B: How much is it? | What does it cost? || A: {price} a month. | It is {price} a month.
~ course B: I have changed my mind. Not {course.old}, better {course}. || A: A good choice. | No problem.
+ B: Can I have a shower here? || A: Yes, and there is a sauna, too. | Of course, on the first floor.
+ C: The trainer here is wonderful. || B: Good to hear. || C: You will like {name}.
B: When does it take place? | On which day is it? || A: Every {day} at {time}. | On {day} at {time}. || B: Good, I will come on {day}. | That suits me.
= {B} joins the gym for {price} a month to {aim}, and takes {course} on {day} at {time}.
= {B} wants to {aim} and joins the gym for {price} a month. {B} takes {course} on {day} at {time}.
= {A} helps {B} join the gym for {price} a month. {B} takes {course} on {day} at {time}.
= {B} joins the gym and takes {course} on {day} at {time} to {aim}.

## library fine
- book: a cookbook | a travel guide | a crime novel | a book about stars | a dictionary | a history book
- excuse: was ill | was abroad | forgot it at work | lent it to a friend | could not find it
B: I would like to return {book}. | Hello, here is {book}. || A: Thank you. Oh, this is {number} days late. | Let me see. It is {number} days late. || B: I am sorry, I {excuse}. | I know, I {excuse}.
~ number A: Let me count again. It is {number} days, not {number.old}. || B: {number}, I see. | I thought so.
* A: I am afraid you have to pay {price}. | That makes {price}. || B: That much? All right. | I understand.
* B: Can I borrow it again? | May I take it once more? || A: Yes, until {day}. | You can have it until {day}.
+ A: Did you like it? || B: I could not put it down. | The end was weak.
+ B: Do you have more by {name}? || A: Look on the shelf over there. | Not at the moment.
B: Thank you for your patience. | I will be on time, I promise. || A: Enjoy the book. | See you.
= {B} returns {book} {number} days late because {B} {excuse}. {B} pays {price} and keeps it until {day}.
= {B} pays {A} {price} because {book} is {number} days late, and keeps it until {day}.
= {B} returns {book} to {A} {number} days late and pays {price}. {B} can keep it until {day}.
= {A} asks {B} for {price} because {book} is {number} days late. {B} {excuse}.

## tutoring
- subject: maths | French | physics | Latin | German | the violin | the guitar
- weakness: cannot do fractions | has no patience | learns too slowly | forgets everything | is afraid of tests
A: Hello, you are looking for a teacher? | Good evening, you wrote to me about lessons. || B: Yes, for my son {name}. | Yes, it is for {name}, my son. || A: Which subject is it? | What does he need? || B: It is {subject}. | He needs help with {subject}.
~ subject B: Sorry, that is my daughter. For {name} it is {subject}, not {subject.old}. || A: I teach {subject}, too. | So {subject}. Very good.
* A: What is his problem? | Where does he have trouble? || B: He {weakness}. | I think he {weakness}.
* A: I have time on {day} at {time}. | Would {day} at {time} be possible? || B: That is perfect. | {day} is good.
+ A: How old is he? || B: He is {number}. | {number} years.
+ B: Do you come to our house? || A: If it is not too far. | I prefer to teach at home.
B: What do you ask for it? | How much is an hour? || A: {price} an hour. | I take {price} an hour. || B: Agreed. | That is all right.
= {A} will teach {name}, the son of {B}, {subject} on {day} at {time} for {price} an hour.
= {B} wants lessons in {subject} for {name}. {A} will teach {name} on {day} at {time} for {price} an hour.
= {A} will teach {subject} to {B}'s son {name}, who {weakness}, on {day} at {time}.
= {B}'s son {name} {weakness} and needs {subject} lessons. {A} will teach {name} on {day} at {time} for {price} an hour.
"""
