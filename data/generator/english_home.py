"""English situations: at home, with family, friends and neighbours."""

HOME = """\
## flat viewing
- flat: a flat with two rooms | a flat with a garden | a small flat | a flat with a balcony | a flat under the roof
- drawback: the kitchen is small | the street is loud | there is no lift | the bathroom is old | it is dark in winter
A: Welcome, please come in. | Hello, you are here about the flat, right? || B: Thank you. So this is {flat}. | Yes, I read that it is {flat}.
* B: How much is the rent? | What does it cost a month? || A: It is ten times {price}. | The rent is ten times {price}.
* B: Where is the nearest shop? | Is it far to the shops? || A: No, you have everything near {place}. | There are many shops near {place}.
+ B: Who lives upstairs? || A: A quiet couple. | A family with {number} children.
A: I should tell you that {drawback}. | To be honest, {drawback}. || B: I thought so. | Thank you for saying so.
B: When could I move in? | From when is it free? || A: From {day} on. | You could move in on {day}.
~ day A: Oh, I am wrong. They leave later, so it is {day}, not {day.old}. || B: {day} is fine as well. | That makes no difference.
B: I will think about it. | Let me talk to my family first. || A: Of course. | Take your time.
= {A} shows {B} {flat} near {place}. It is free from {day}, but {drawback}.
= {B} looks at {flat} near {place}, which is free from {day}, but {drawback}.
= {A} shows {B} {flat} near {place} and says that {drawback}. It is free from {day}.
= {B} visits {flat} near {place}. It is free from {day}, but {A} says that {drawback}.

## moving house
- heavy: the piano | the fridge | the big wardrobe | the sofa | the washing machine | the bookcase
- reward: pizza | dinner | a cake | free drinks | a good breakfast
A: Hi {name}, do you have a moment? | {name}, may I ask you something? || B: Sure, what is it? | Of course, go ahead.
A: I am moving house and I need help with {heavy}. | I am moving soon, and I cannot carry {heavy} alone. || B: When is that? | Which day? || A: On {day}. | This {day}.
~ day A: No, wait, the van is only free on {day}, so not {day.old}. || B: {day}? That works too. | Even better, {day} is good.
* B: What time should I be there? | And at what time? || A: At {time}. | We start at {time}.
* B: Where do you move to? | Where is the new place? || A: Close to {place}. | It is near {place}.
+ B: Is anybody else coming? || A: Yes, {name2} is coming too. | I asked {name2}, too.
+ B: My back is not what it was. || A: We will be careful.
A: You will get {reward} afterwards. | There will be {reward} for everybody. || B: Then I cannot say no. I will come. | Good, I will be there.
= {name} will help {A} with {heavy} on {day} at {time}. {A} is moving to a place near {place}.
= {A} is moving to a place near {place} and asks {name} for help with {heavy} on {day} at {time}.
= {A} asks {name} to help with {heavy} on {day} at {time}, and {name} will come.
= {name} will come on {day} at {time} to help {A}, who is moving, with {heavy}.

## birthday party
- thing: a salad | a cake | some drinks | music | candles | games | cheese and bread
A: {name} has a birthday soon. We should have a party. | Let us have a party for {name}. || B: Good idea! When? | I would love that. On which day? || A: On {day}. | How about {day}?
* B: And where? | Where shall we do it? || A: In my flat near {place}. | At my place, you know, near {place}.
* A: Could you bring {thing}? | Would you bring {thing}? || B: I can do that. | Of course.
~ thing A: Wait, somebody else brings {thing.old}. Bring {thing} instead. || B: All right, {thing}. | Then I will bring {thing}.
+ B: How many people are coming? || A: About {number}. | {number}, I think.
+ C: What are you two talking about? || A: Nothing, it is a secret. || C: I see. Then I will ask no more.
+ D: I heard every word. || A: Then keep it to yourself, please. | You heard nothing at all.
B: Does {name} know about it? | Should {name} know? || A: No, it is a surprise. | Not a word to {name}, please.
B: Then at what time? | When shall we meet? || A: Be there at {time}. | At {time}, please. || B: I am looking forward to it. | See you there.
= {A} and {B} plan a surprise party for {name} on {day} at {time}. {B} will bring {thing}.
= {A} plans a surprise party for {name} on {day} at {time}, and {B} will bring {thing}.
= {B} will bring {thing} to the surprise party for {name} on {day} at {time}.
= There will be a surprise party for {name} on {day} at {time}. {A} asks {B} to bring {thing}.

## cooking dinner
- dish: fish soup | a potato pie | fried rice | a vegetable curry | pasta with mushrooms | chicken with lemon | pancakes
- missing: onions | eggs | butter | tomatoes | flour | garlic | milk | salt
A: What shall we eat tonight? | I am hungry. What is for dinner? || B: How about {dish}? | I could make {dish}.
~ dish A: We had {dish.old} only yesterday. What about {dish}? || B: Fine, {dish} it is. | All right, I will make {dish}.
* B: But there are no {missing} left. | I only need some {missing}. || A: I can buy {missing} on the way. | No problem, I will get {missing}.
* A: Is {name} eating with us? | Did you invite {name}? || B: Yes, {name} comes at {time}. | {name} will be here at {time}.
+ A: Shall I lay the table? || B: That would be nice. | Later, the table is full of books.
+ C: Can I help? || B: You can wash the dishes later. || C: I knew it.
A: Then I go to the shop near {place}. | I will be quick and go to the shop near {place}. || B: Thank you. | Do not forget your money.
= {B} will make {dish} for dinner. {A} will buy {missing}, and {name} comes at {time}.
= {A} and {B} decide to have {dish} with {name} at {time}. {A} will buy {missing}.
= {B} will make {dish} and {A} will buy {missing}. {name} comes to dinner at {time}.
= {A} will buy {missing} for dinner because {B} wants to make {dish}. {name} comes at {time}.

## noisy neighbour
- noise: loud music | the barking dog | the drum lessons | the building work | the late parties | the crying parrot
- hours: after ten in the evening | on weekends | early in the morning | during the night
A: Good evening, I live downstairs. | Hello, I am your neighbour from below. || B: Oh, hello. Is anything wrong? | Good evening. What can I do for you?
A: It is about {noise}. | I cannot sleep because of {noise}. || B: I am sorry, I did not know. | Oh, is it so bad?
* A: It is worst {hours}. | I hear it mostly {hours}. || B: I understand. | I will think of that.
* A: I have to get up at {time}, you know. | My work begins at {time}. || B: That is early. | I see.
+ B: Does it bother the others, too? || A: {name} said so on {day2}. | I only speak for myself.
~ noise A: No, {noise.old} does not bother me at all. It is {noise}. || B: So it is {noise}. | Ah, you mean {noise}.
B: I promise that it will end by {day}. | From {day} on it will be quiet. || A: Thank you for understanding. | That is very kind.
+ B: Would you like some coffee? || A: Another time, thank you.
= {A} complains about {noise} {hours}. {B} is sorry and promises quiet from {day} on.
= {A} complains to {B} about {noise} {hours}, and {B} promises quiet from {day} on.
= {B} promises {A}, who complains about {noise} {hours}, that it will be quiet from {day} on.
= {A} cannot sleep because of {noise}. {B} is sorry and promises quiet from {day} on.

## repairman visit
- machine: the washing machine | the heating | the oven | the dishwasher | the fridge | the water pipe
- cause: a broken pump | an old cable | too much lime | a loose screw | a dirty filter
B: Hello, {machine} in my flat does not work. | I am calling because {machine} does not work. || A: I am sorry to hear that. Since when? | That is bad. When did it stop? || B: Since {day}. | It stopped on {day}.
~ machine B: Excuse me, I said {machine.old}, but it is {machine}. || A: So {machine}. That is another matter. | Good, {machine}.
* A: Does it make a noise? | Do you hear anything? || B: Nothing at all. | Only a soft noise.
* A: What is your address? | Where do you live? || B: Opposite {place}. | In the street behind {place}.
+ B: Is it dangerous? || A: No, just leave it alone. | Do not touch it, please.
A: It could be {cause}. | I guess it is {cause}. || B: Can you repair it? | When can you come? || A: I will come on {day2} at {time}. | Yes, I will be there on {day2} at {time}.
B: And what will it cost? | How much is it? || A: About {price}. | {price} or so. || B: Good, see you then. | All right.
= {A} will come on {day2} at {time} to repair {machine} in {B}'s flat for about {price}.
= {B} calls {A} because {machine} does not work. {A} will come on {day2} at {time}.
= {A} will come to {B}'s flat on {day2} at {time} because {machine} does not work.
= {B}'s flat has a problem with {machine}, and {A} will come on {day2} at {time} to repair it for about {price}.

## planning a trip
- goal: the lake | the mountains | the seaside | the old castle | the big forest | the island
- means: by train | by car | by bus | by bike | on foot | by boat
A: Shall we go away this weekend? | I would like to get out of town. || B: Great, where to? | I am in. Where do you want to go? || A: To {goal}, maybe. | What about {goal}?
~ goal B: I was at {goal.old} last month. I would prefer {goal}. || A: All right, then {goal}. | {goal} is fine with me.
* B: How do we get there? | How shall we travel? || A: We could go {means}. | Let us go {means}.
* A: When do we start? | What time do we leave? || B: On {day} at {time}. | {day}, at {time}.
+ C: Can I come, too? || A: Of course you can. | The more the better. || C: Wonderful, I will pack my bag.
+ D: Do not forget your umbrellas. || A: You always think of everything.
+ B: Where do we sleep? || A: I know a cheap hotel there. | We will be back at night.
B: And where do we meet? | Where is our meeting point? || A: In front of {place}. | At {place}, as always. || B: Perfect. | I will be there.
= {A} and {B} will go to {goal} {means} on {day}. They meet at {place} at {time}.
= {A} and {B} plan to go to {goal} {means} on {day} at {time}. They meet at {place}.
= {A} and {B} decide to go to {goal} {means}. They meet at {place} on {day} at {time}.
= On {day} {A} and {B} will go to {goal} {means}. They meet at {time} at {place}.

## visit to the vet
- animal: the cat | the dog | the rabbit | the parrot | the hamster | the old tortoise
- symptom: does not eat | sleeps all day | has a sore eye | is losing hair | cannot walk well | drinks too much
- cure: drops | pills | an ointment | special food | a bandage
A: Who do we have here? | So, who is our patient? || B: This is {animal} of my daughter. | I brought you {animal}. || A: And what is the matter? | What can I do? || B: It {symptom}. | I am worried because it {symptom}.
* A: Since when? | When did you notice it? || B: Since {day}. | I noticed it on {day}.
* A: How old is it? | How many years does it have? || B: It is {number} years old. | {number} years.
~ symptom B: That was last time. Now it no longer {symptom.old}. Now it {symptom}. || A: I see. | Thank you, that is important.
+ B: Does it hurt? || A: Not at all. | Only a little.
A: Let me see. Give it {cure} every day. | I will give you {cure} for it. || B: For how long? | How long does it take? || A: Until {day2}. | Until {day2}, then call me.
B: Thank you so much. | I am glad it is nothing worse. || A: It will soon be better. | Good luck.
= {B} takes {animal} to {A} because it {symptom}. {A} gives {B} {cure} until {day2}.
= {B} brings {animal} to {A} because it {symptom}, and {A} gives {B} {cure} until {day2}.
= {A} gives {B} {cure} for {animal}, which {symptom}, until {day2}.
= {animal} {symptom}, so {B} goes to {A}, who gives {B} {cure} until {day2}.

## weekend football
- role: in goal | in defence | in attack | on the left side | as a substitute
- excuse: a sore foot | exams | a family dinner | a cold | too much work
A: We have a match on {day}. Are you coming? | {name}, will you play on {day}? || B: Against whom? | Who is the other team? || A: The team from {place}. | The people from {place}.
* A: We start at {time}. | The match begins at {time}. || B: That is fine. | I can manage that.
* A: You would play {role}. | I need you {role}. || B: {role}? If you think so. | As you like.
~ role A: Sorry, I already have somebody for that. You play {role}, not {role.old}. || B: No problem. | Even better.
+ C: I cannot come, I have {excuse}. || A: That is a pity. | Then get well soon. || C: Tell me who wins.
+ D: Can I play, too? || A: Of course, we need everybody. | Yes, but first you sit on the bench.
+ B: Will it be cold? || A: Take a warm jacket. | Not if you run.
A: Can you take the ball with you? | Could you bring the shirts? || B: Yes, they are in my car. | I will. || A: Good, see you on {day}. | Then we are complete.
= {B} will play {role} in the match against the team from {place} on {day} at {time}.
= {A} asks {B} to play {role} on {day} at {time} in the match against the team from {place}.
= {B} will play {role} for {A} on {day} at {time} against the team from {place}.
= {A} and {B} play a match against the team from {place} on {day} at {time}. {B} will play {role}.
"""
